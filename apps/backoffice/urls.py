"""Addresses of the admin and of the links that mails carry."""

from django.urls import path
from django.views.generic import RedirectView

from apps.backoffice.pages import export_link, login_link
from apps.backoffice.site import site

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", site.urls),
    path("login-link/<str:token>/", login_link.LoginLinkPage.as_view(), name="login_link"),
    path("exports/<str:token>/", export_link.ExportLinkPage.as_view(), name="export_link"),
]
