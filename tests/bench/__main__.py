"""`make bench`: every bench, one after the other, with the machine that the figures are from.

`make bench ARGS=hourly` runs one of them; `growth` only runs when it is asked for.
"""

import os
import platform
import subprocess
import sys
from pathlib import Path

BENCHES = ("hourly", "collect", "drain", "export_memory", "workspace")
ASKED_FOR = ("growth",)  # takes gigabytes


def machine() -> str:
    """The machine in one line."""
    models = [
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
    ]
    model = models[0].split(":", 1)[1].strip() if models else platform.machine()
    return (
        f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f}"
    )


def main(wanted: list[str]) -> int:
    """Run the benches; 1 if one of them broke."""
    unknown = sorted(set(wanted) - {*BENCHES, *ASKED_FOR})
    if unknown:
        print(f"There is no bench {', '.join(unknown)}; there are {', '.join((*BENCHES, *ASKED_FOR))}.")
        return 2
    print(machine())
    broken = 0
    for name in wanted or BENCHES:
        print(f"\n=== {name}", flush=True)
        broken |= subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode != 0
    return int(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
