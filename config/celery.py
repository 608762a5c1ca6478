"""The Celery app. The database row is the job; a task is a hint to look at it (docs/decisions/)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("goalline")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
