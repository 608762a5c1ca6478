"""What every answer below /api/ carries, whoever makes it."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class NotStored:
    """Answers hold what an account keeps of people: no cache on the way stores any of them, refusals included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.path_info.startswith("/api/"):
            response.headers["Cache-Control"] = "no-store"
        return response
