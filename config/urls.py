"""Every address of the portal, except collection (config/wsgi.py)."""

from django.urls import include, path

urlpatterns = [
    path("api/", include("apps.api.urls")),
    path("healthz/", include("apps.hourly.urls")),
    path("cookies/", include("apps.counters.urls")),
    path("tag/", include("apps.counters.tag_urls")),
    path("workspace/", include("apps.workspace.urls")),
    path("", include("apps.backoffice.urls")),
]

# Problems below /api/, pages elsewhere.
handler400 = "apps.api.handlers.bad_request"
handler403 = "apps.api.handlers.permission_denied"
handler404 = "apps.api.handlers.page_not_found"
handler500 = "apps.api.handlers.server_error"
