"""Erasing people: asking for it, and doing it, step by step."""

from apps.erasure.services.access import access_zip
from apps.erasure.services.asking import request_erasure
from apps.erasure.services.running import run, sweep_erasures

__all__ = ["access_zip", "request_erasure", "run", "sweep_erasures"]
