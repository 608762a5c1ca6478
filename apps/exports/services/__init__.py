"""What is written here: exports, their files and their links."""

from apps.exports.services.asking import cancel_export, request_export
from apps.exports.services.links import Opened, open_file, open_link
from apps.exports.services.making import make
from apps.exports.services.sweeping import delete_ended, sweep_exports

__all__ = [
    "Opened",
    "cancel_export",
    "delete_ended",
    "make",
    "open_file",
    "open_link",
    "request_export",
    "sweep_exports",
]
