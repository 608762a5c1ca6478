"""What views refuse with beside the refusals of services; `problems` says how each is answered."""

from typing import Any

from rest_framework import exceptions

from apps.core.errors import Problem


class Named(Exception):
    """Something that the body or the query names does not exist in the account: 404 with its name."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


class BadParameters(Exception):
    """Parameters of the query that cannot be used: 400."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__()
        self.problems = problems


class BadHeader(Exception):
    """A header that cannot be used: 400."""

    def __init__(self, name: str, code: str, detail: Any) -> None:
        super().__init__()
        self.problems = (Problem(name, code, detail),)


class Conflict(exceptions.APIException):
    """409."""

    status_code = 409
    default_code = "conflict"


class InProgress(Conflict):
    """409: somebody else is at it; the same request can be sent again after `wait` seconds."""

    wait = 1


class Unavailable(exceptions.APIException):
    """503: the database cannot be reached; come back soon."""

    status_code = 503
    default_code = "unavailable"
    default_detail = "The service cannot reach its database; try again in some seconds."
    wait = 5
