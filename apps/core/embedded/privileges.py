"""Who the servers run as. PostgreSQL refuses root, so root hands them to an ordinary user.

That user keeps one capability, reading past permissions, so that a checkout below a closed folder works
without opening it to anybody. Where capabilities are not to be had (some containers), the programs are copied
to a readable folder instead, and the user's group may enter the home.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from apps.core.embedded.errors import EmbeddedError
from apps.core.embedded.layout import Layout

NOBODY = 65534
KEEP = "-all,+dac_override"
# The bit is for access(2), by which initdb looks for postgres: it goes by the real user, and for any user but
# root it would leave the capability out.
CAPABILITIES = (
    "--securebits=+no_setuid_fixup", f"--inh-caps={KEEP}", f"--ambient-caps={KEEP}", f"--bounding-set={KEEP}"
)  # fmt: skip


@dataclass(frozen=True)
class Runner:
    """How a server program is run, and as whom."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def command(self, *argv: str | Path) -> list[str]:
        """The command line that runs this as the servers' user."""
        return [*self.prefix, *map(str, argv)]

    def folder(self, path: Path, mode: int = 0o700) -> Path:
        """A folder of the servers' user, made if it is missing."""
        path.mkdir(mode=mode, exist_ok=True)
        if os.geteuid() == 0 and path.stat().st_uid != self.uid:
            os.chown(path, self.uid, self.gid)
        path.chmod(mode)
        return path

    def enter(self, path: Path) -> None:
        """Let the servers' user pass through a folder of ours, without opening it to others."""
        if os.geteuid() == 0 and not self.can("-x", path):
            os.chown(path, -1, self.gid)
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IXGRP)

    def can(self, right: str, path: Path) -> bool:
        """Whether the servers' user may read (`-r`), write (`-w`) or run (`-x`) this."""
        test = self.command("/bin/sh", "-c", f'test {right} "$1"', "sh", path)
        return subprocess.run(test, check=False, capture_output=True, cwd="/").returncode == 0


def runner(layout: Layout) -> Runner:
    """The user of this home's servers: ourselves, or for root the home's owner or nobody."""
    if os.geteuid() != 0:
        return Runner(os.geteuid(), os.getegid())
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise EmbeddedError(
            "PostgreSQL refuses to run as root, and the program that would run it as another user is missing: "
            "apt install util-linux (it has setpriv), or work as an ordinary user."
        )
    uid, gid = _ordinary_user(layout.owner)
    switch = (setpriv, f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
    for capabilities in (CAPABILITIES, ()):
        chosen = Runner(uid, gid, (*switch, *capabilities))
        if chosen.can("-d", Path("/")):
            return chosen
    raise EmbeddedError(f"Root may not become user {uid} here (setpriv fails): work as an ordinary user.")


def _ordinary_user(owner: int) -> tuple[int, int]:
    """A user with a name: PostgreSQL insists on one."""
    for uid in (owner, NOBODY):
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            continue
        if uid:
            return uid, entry.pw_gid
    raise EmbeddedError("There is no ordinary user for the servers (no uid 65534): work as an ordinary user.")


def reachable(program: Path, layout: Layout, runner: Runner) -> Path:
    """The program, or a copy of it and its libraries where the servers' user can run it."""
    if runner.can("-x", program):
        return program
    top = next((at for at in program.parents if at.parent.name in {"site-packages", "dist-packages"}), None)
    if top is None:
        raise EmbeddedError(f"User {runner.uid} may not run {program}: chmod the folders above it.")
    stamp = hashlib.sha256(f"{program}{program.stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copies = Path("/tmp") / f"goalline-{layout.owner}-bin-{stamp}"  # noqa: S108 (made by root, checked below)
    if not copies.exists():
        _copy(top, copies)
    if copies.lstat().st_uid != os.geteuid() or not copies.is_dir() or copies.is_symlink():
        raise EmbeddedError(f"{copies} belongs to somebody else: remove it.")
    copy = copies / top.name / program.relative_to(top)
    if not runner.can("-x", copy):
        raise EmbeddedError(
            f"User {runner.uid} may run neither {program} nor {copy}: work as an ordinary user, or make the checkout "
            "where others may enter (chmod 711 on the folders above it)."
        )
    return copy


def _copy(top: Path, copies: Path) -> None:
    draft = copies.with_name(f"{copies.name}.{os.getpid()}")
    draft.mkdir(mode=0o755)
    draft.chmod(0o755)
    for tree in (top, top.with_name(f"{top.name}.libs")):
        if tree.exists():
            shutil.copytree(tree, draft / tree.name, symlinks=True)
    for path in draft.rglob("*"):
        if not path.is_symlink():  # installed under a strict umask, they are closed to others
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | (0o055 if mode & stat.S_IXUSR else 0o044))
    draft.rename(copies)
    print(f"goalline: {top} cannot be read by the servers' user; copied to {copies}", file=sys.stderr)
