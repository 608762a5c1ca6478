"""Every address of the portal, except collection (config/wsgi.py)."""

from django.urls import path

urlpatterns: list = []
