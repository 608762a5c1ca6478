"""Worlds in which few conversions count in a visit: the limit of attribution.md section 2, rule 2, at hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .world import MINUTE, OTHER_URLS, World


def limit_visits(maker: Any, world: World) -> None:
    """Few conversions a visit, and visits that end between the hits; hits in between that reach nothing."""
    rng = maker.rng
    world.visit_limit = rng.choice([1, 1, 2, 3])
    for counter in world.counters:
        steps = sorted({maker.an_instant() for _ in range(rng.choice([0, 1, 1, 2]))})
        world.timeouts[counter] = [(at, rng.choice([1800, 1801, 3600, 6 * 3600])) for at in steps]
    for hit in rng.sample(world.hits, min(3, len(world.hits))):
        later = hit.time + rng.choice([1, MINUTE, 20 * MINUTE, 30 * MINUTE])
        twin = replace(hit, id=maker.an_id(), time=later)
        if rng.random() < 0.6:
            twin.url = rng.choice(OTHER_URLS)
        if rng.random() < 0.2:
            twin.type = "event"
        world.hits.append(twin)
