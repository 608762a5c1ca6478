"""Settings, URLs, the WSGI entry and the Celery app."""

import apps.core.periods  # noqa: F401 - before anything makes a time zone: it pins their data
from config.celery import app as celery_app

__all__ = ["celery_app"]
