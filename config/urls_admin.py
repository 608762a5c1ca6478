"""Addresses below /admin/a/<number>/, which apps/accounts/addresses.py takes out of the path."""

from django.urls import path

from apps.backoffice.site import site
from config.urls import handler400, handler403, handler404, handler500

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

urlpatterns = [path("", site.urls)]
