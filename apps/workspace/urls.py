"""Addresses below /workspace/. tests/workspace/addresses.py has a row for each."""

from django.urls import path

from apps.workspace.views import listing, sign, thread

app_name = "workspace"
urlpatterns = [
    path("", listing.ListPage.as_view(), name="conversations"),
    path("sign-in/", sign.SignIn.as_view(), name="sign_in"),
    path("sign-out/", sign.SignOut.as_view(), name="sign_out"),
    path("conversations/<int:number>/", thread.ThreadPage.as_view(), name="conversation"),
    path("conversations/<int:number>/news/", thread.NewsPart.as_view(), name="news"),
]
