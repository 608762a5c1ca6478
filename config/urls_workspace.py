"""Addresses below /workspace/a/<number>/, which apps/accounts/addresses.py takes out of the path."""

from django.urls import include, path

from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("", include("apps.workspace.urls"))]
