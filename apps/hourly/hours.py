"""Whole UTC hours, named by their start. Pure."""

from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


def start_of(instant: datetime) -> datetime:
    """The start of the hour that this instant lies in. (Zones with half hours still have whole UTC hours.)"""
    return instant.replace(minute=0, second=0, microsecond=0)


def last_complete(instant: datetime) -> datetime:
    """The newest hour that has ended."""
    return start_of(instant) - HOUR


def next_tick(instant: datetime) -> datetime:
    """When the hour of this instant ends and its run is opened."""
    return start_of(instant) + HOUR
