"""Every address of the portal, except collection (config/wsgi.py)."""

from django.urls import include, path

urlpatterns = [
    path("", include("apps.backoffice.urls")),
]
