"""Where everything lies below one home folder, and the URLs that follow from it."""

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from apps.core import env
from apps.core.embedded.errors import EmbeddedError, explain_os

USER = DATABASE = "goalline"
PORT = 5432  # only a part of the socket's name: nothing listens on TCP
LONGEST_SOCKET = 100  # bytes; the kernel takes 107, and both servers append suffixes
UNUSABLE_IN_SOCKETS = set('",')  # they part and quote the names of folders in a setting of PostgreSQL
SHORT_ROOT = Path("/tmp")  # noqa: S108 (a fixed place on purpose; the folder's owner and mode are checked)


@dataclass(frozen=True)
class Endpoints:
    """The URLs of a home's two servers, whether they run or not."""

    database_url: str
    redis_url: str


def home() -> Path:
    """The folder of this installation: GOALLINE_VAR, or `var` beside `manage.py`."""
    return env.folder("GOALLINE_VAR", env.PROJECT / "var")


@dataclass(frozen=True)
class Layout:
    """The paths below a home; nothing is touched until `create`."""

    home: Path

    @classmethod
    def of(cls, home: Path) -> "Layout":
        """The layout of a home, however its path is written."""
        return cls(home.expanduser().resolve())

    @property
    def data(self) -> Path:
        return self.home / "pg"

    @property
    def created(self) -> Path:
        """Present once the database exists: a server may answer before that."""
        return self.data / "goalline.created"

    @property
    def valkey_data(self) -> Path:
        return self.home / "valkey"

    @property
    def logs(self) -> Path:
        return self.home / "log"

    @property
    def password_file(self) -> Path:
        return self.home / "pg-password"

    @property
    def lock(self) -> Path:
        """Locked by whoever starts or stops the servers."""
        return self.home / "embedded.lock"

    @property
    def users(self) -> Path:
        """Locked, together, by every process that uses the servers."""
        return self.home / "embedded.users"

    @cached_property
    def owner(self) -> int:
        """The uid that owns this home, or will."""
        try:
            return self.home.stat().st_uid
        except FileNotFoundError:
            return os.geteuid()

    @cached_property
    def base(self) -> Path:
        """The home, or a short folder in its stead when sockets cannot lie there: too long, or with such letters."""
        socket = self.home / "run" / f".s.PGSQL.{PORT}"
        if len(os.fsencode(socket)) <= LONGEST_SOCKET and UNUSABLE_IN_SOCKETS.isdisjoint(str(socket)):
            return self.home
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return SHORT_ROOT / f"goalline-{self.owner}-{digest}"

    @property
    def run(self) -> Path:
        """The sockets' folder. Its mode is what protects them: a server replaces any socket file it finds."""
        return self.base / "run"

    @property
    def pg_socket(self) -> Path:
        return self.run / f".s.PGSQL.{PORT}"

    @property
    def valkey_socket(self) -> Path:
        return self.run / "valkey.sock"

    @property
    def valkey_pid(self) -> Path:
        return self.valkey_data / "valkey.pid"

    def create(self) -> None:
        """Make the home, private to its owner, and refuse a short folder that somebody else made."""
        if not env.is_text(str(self.home)):
            raise EmbeddedError(
                f"{str(self.home)!r}: the servers cannot work below a path with line breaks, control characters or "
                "bytes that are not UTF-8. Rename it, or set GOALLINE_VAR to another folder."
            )
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.base != self.home:
            self.base.mkdir(mode=0o700, exist_ok=True)
            self.check_base()

    def give(self, path: Path) -> None:
        """Have what root made belong to the home's owner, who comes back as an ordinary user."""
        if os.geteuid() == 0:
            os.chown(path, self.owner, -1)

    def check_base(self) -> None:
        """Refuse a folder below /tmp that is not ours alone."""
        if self.base == self.home:
            return
        found = self.base.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid in {self.owner, os.geteuid()}
        if not ours or found.st_mode & 0o066:
            raise EmbeddedError(
                f"{self.base} must be a folder that only its owner can open, and it is not: somebody else may "
                "have made it. Remove it, or set GOALLINE_VAR to a shorter path."
            )


def endpoints(home: Path) -> Endpoints:
    """The URLs of this home's servers, without starting them; makes the password on the first call."""
    layout = Layout.of(home)
    password = kept_secret(
        home, layout.password_file.name, secrets.token_hex(24), opens=layout.data / "PG_VERSION"
    )
    return Endpoints(
        database_url=f"postgresql://{USER}:{password}@/{DATABASE}?host={quote(str(layout.run), safe='')}",
        redis_url=f"unix://{quote(str(layout.valkey_socket))}?db=0",
    )


def kept_secret(home: Path, name: str, draft: str, *, opens: Path | None = None) -> str:
    """The secret in the file of this name below the home, made of `draft` at first; of several makers one wins.

    Where there is already what it `opens`, a new one would be no use.
    """
    layout = Layout.of(home)
    path = layout.home / name
    try:
        layout.create()
        if not path.exists():
            if opens and opens.exists():
                raise EmbeddedError(
                    f"{path} is missing, but {opens.parent} holds a database locked with it. Restore that file."
                )
            _keep(layout, path, draft)
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise explain_os(f"{path} cannot be used:", error) from error


def _keep(layout: Layout, path: Path, content: str) -> None:
    own = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(content)
    layout.give(own)
    try:
        os.link(own, path)
    except FileExistsError:
        pass
    finally:
        own.unlink()
