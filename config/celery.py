"""The Celery app. The database row is the job; a task is a hint to look at it (docs/decisions/)."""

import os
from typing import Any

from celery import Celery

from apps.core.startup import refusals

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("goalline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def read_settings(**_: Any) -> None:
    """A worker or beat that may not start says why."""
    from django.conf import settings

    from config.services import use_services

    with refusals():
        settings.INSTALLED_APPS  # noqa: B018 (reads config/settings.py)
        use_services()


app.on_configure.connect(read_settings)
