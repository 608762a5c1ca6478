"""Joins and minifies the tag's source: `make tag`, with Node.js and npm. What is built is committed.

Beside the built file lies what it was built from, as digests, so that whoever has no Node.js sees that it is the build of
its source.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE, BUILT = ROOT / "static" / "tag" / "src", ROOT / "static" / "tag" / "tag.js"
TOOLS = Path(__file__).resolve().parent
DIGESTS = TOOLS / "built.sha256"
OWN = "asked|begun|coming|held|last|options|place|sending|timer|told|tries|user|waiting"
"""Properties that only the tag itself ever sees."""
_TAKEN = "self.goalline="
OPTIONS = [
    *("--ecma", "2018", "--mangle"),
    *("--compress", "passes=3,unsafe_arrows=true"),
    *("--mangle-props", f"regex=/^({OWN})$/"),
]


def source() -> str:
    """The whole, in order."""
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCE.glob("*.js")))


def digests() -> str:
    """What `built.sha256` must say: of the source with the minifier's version and options, and of the built file."""
    lock = (TOOLS / "package-lock.json").read_text(encoding="utf-8")
    made_from = "\0".join([source(), lock, *OPTIONS])
    return f"source {_digest(made_from)}\nbuilt {_digest(BUILT.read_text(encoding='utf-8'))}\n"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def build() -> str:
    """What is served, but for the settings. Raises CalledProcessError where npm or the minifier fails."""
    subprocess.run(["npm", "ci", "--ignore-scripts", "--silent"], cwd=TOOLS, check=True)
    terser = TOOLS / "node_modules" / ".bin" / "terser"
    # Of a function that nobody takes nothing would be left; the portal calls it where it appends the settings.
    text = f"{_TAKEN}({source()})"
    made = subprocess.run([terser, *OPTIONS], input=text, capture_output=True, text=True, check=True)
    function = made.stdout.strip().removesuffix(";").removeprefix(_TAKEN)
    return f"({function})\n"


if __name__ == "__main__":
    try:
        BUILT.write_text(build(), encoding="utf-8")
    except FileNotFoundError:
        sys.exit("make tag needs Node.js with npm.")
    DIGESTS.write_text(digests(), encoding="utf-8")
