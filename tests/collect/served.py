"""The edge behind a real server, with counters that need no database; `test_live.py` runs it."""

import os
from pathlib import Path

import django

django.setup()

from apps.collect.counters import Counters  # noqa: E402 - as above
from apps.collect.edge import Edge  # noqa: E402
from apps.collect.limits import Limits  # noqa: E402
from apps.collect.spool import Spool  # noqa: E402
from tests.collect.conftest import SITES  # noqa: E402

application = Edge(
    spool=Spool(Path(os.environ["COLLECT_SPOOL"]), strict=os.environ.get("COLLECT_STRICT") == "1"),
    counters=Counters(lambda number: SITES if number is None else {}),
    limits=Limits(0),
)
