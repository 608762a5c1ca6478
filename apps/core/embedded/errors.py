"""The one error of this package, and how it is worded."""

import errno

HINTS = (
    ("No space left on device", "The disk is full: free some space and start again."),
    ("Cannot allocate memory", "Too little memory for the server: free some, or lower shared_buffers."),
    ("could not look up effective user ID", "This user id has no name: add it to /etc/passwd."),
    ("error while loading shared libraries", "A system library is missing; PG_BIN may name another server."),
    ("GLIBC_", "The system's C library is too old for this wheel; PG_BIN may name another server."),
    ("Permission denied", "Run as the owner of that path, or set GOALLINE_VAR to a folder of your own."),
    ("invalid value for parameter", "Correct that line in postgresql.conf."),
    (
        "Bad file format reading the append only file",
        "See valkey-check-aof; a copy of the folder comes first.",
    ),
)


class EmbeddedError(RuntimeError):
    """An embedded server cannot be started or stopped; the message says why and what to do."""


def explain(what: str, output: str) -> EmbeddedError:
    """The error for a server program that failed with this output, with a hint where the cause is known."""
    hint = next((hint for words, hint in HINTS if words in output), "The lines below tell why.")
    tail = "\n".join(f"    {line}" for line in output.strip().splitlines()[-12:])
    return EmbeddedError(f"{what} {hint}\n{tail}")


def explain_os(what: str, error: OSError | UnicodeDecodeError) -> EmbeddedError:
    """The error for a failed file operation."""
    reasons = {
        errno.ENOSPC: "The disk is full: free some space and start again.",
        errno.EACCES: "Run as the owner of that path, or set GOALLINE_VAR to a folder of your own.",
        errno.EPERM: "Run as the owner of that path, or set GOALLINE_VAR to a folder of your own.",
        errno.EROFS: "The disk is read-only: set GOALLINE_VAR to a folder that can be written.",
    }
    return EmbeddedError(f"{what} {error}. {reasons.get(getattr(error, 'errno', None) or 0, '')}".rstrip())
