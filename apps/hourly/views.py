"""For load balancers and watchdogs; nothing here needs a login, and nothing here tells a secret."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.hourly import selectors


@require_safe
@never_cache
def live(request: HttpRequest) -> JsonResponse:
    """The web process answers; nobody else is asked."""
    return JsonResponse({"live": True})


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """Whether the installation can do its work: 200, or 503 with what is wrong."""
    found = selectors.ready()
    return JsonResponse({"ready": found.ok, "checks": found.checks}, status=200 if found.ok else 503)
