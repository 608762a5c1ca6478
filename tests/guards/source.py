"""Our own source as the guards read it: parsed, never imported."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file."""

    path: Path

    @property
    def name(self) -> str:
        """The path as people say it, from the top of the checkout."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def parts(self) -> tuple[str, ...]:
        return self.path.relative_to(ROOT).with_suffix("").parts

    @property
    def app(self) -> str:
        """The app's name, or nothing outside `apps`."""
        return self.parts[1] if self.parts[0] == "apps" and len(self.parts) > 2 else ""

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.name)

    def walk(self, *kinds: type) -> Iterator[ast.AST]:
        """All nodes of these kinds."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kinds))

    def functions(self) -> Iterator[Function]:
        """All functions and methods."""
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))

    def imports(self) -> Iterator[tuple[str, int]]:
        """`(module, line)` of every import, those inside functions too."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((alias.name, node.lineno) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                yield node.module or "", node.lineno
                yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)

    def at(self, node: ast.AST, why: str) -> str:
        """A finding, as editors can jump to it."""
        return f"{self.name}:{getattr(node, 'lineno', 1)} {why}"

    @property
    def exported(self) -> list[str] | None:
        """The names in `__all__`, or None without one."""
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                return [str(name) for name in ast.literal_eval(node.value)]
        return None


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """Every Python file below these folders but migrations."""
    return tuple(
        Module(path)
        for top in tops or ("apps", "config", "tests")
        for path in sorted((ROOT / top).rglob("*.py"))
        if "migrations" not in path.parts
    )


def kind(name: str) -> list[Module]:
    """The `services.py` (or whichever) of all apps, and every module of such a package."""
    return [module for module in modules("apps") if len(module.parts) > 2 and module.parts[2] == name]


def apps() -> list[str]:
    """The apps there are."""
    return sorted(path.parent.name for path in (ROOT / "apps").glob("*/__init__.py"))


@cache
def layers() -> dict[str, int]:
    """`{app: height}` out of import-linter's contract; 0 is the bottom."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(each for each in settings["tool"]["importlinter"]["contracts"] if each["id"] == "layers")
    return {
        app.strip(" ()"): height
        for height, line in enumerate(reversed(contract["layers"]))
        for app in line.split("|")
    }


def tracked() -> list[Path]:
    """Every file under version control, and new ones that are not ignored."""
    command = [
        "git",
        "-c",
        f"safe.directory={ROOT}",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        "-z",
    ]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def decorator(function: Function, *names: str) -> ast.expr | None:
    """The first decorator with one of these names, called or not."""
    for node in function.decorator_list:
        bare = node.func if isinstance(node, ast.Call) else node
        if ast.unparse(bare).rpartition(".")[2] in names:
            return node
    return None
