"""The beat table: the product's clock, in UTC."""

from typing import Any

from celery.schedules import crontab

from apps.core import queues

BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "open-hourly-runs": {
        "task": "apps.hourly.tasks.tick",
        "schedule": crontab(minute="0"),
        "options": {"queue": queues.DEFAULT, "expires": 3000},
    },
    "judge-chats": {
        "task": "apps.hourly.tasks.chats",
        "schedule": 60.0,
        "options": {"queue": queues.DEFAULT, "expires": 50},
    },
    "sweep": {
        "task": "apps.hourly.tasks.sweep",
        "schedule": 30.0,
        "options": {"queue": queues.DEFAULT, "expires": 25},
    },
    "sweep-mails": {
        "task": "apps.mail.tasks.sweep",
        "schedule": 30.0,
        "options": {"queue": queues.DEFAULT, "expires": 25},
    },
    "answer-mail-requests": {
        "task": "apps.accounts.tasks.answer_mail_requests",
        "schedule": 30.0,
        "options": {"queue": queues.MAIL, "expires": 25},
    },
    "sweep-exports": {
        "task": "apps.exports.tasks.sweep",
        "schedule": 30.0,
        "options": {"queue": queues.DEFAULT, "expires": 25},
    },
    "keep-visits": {
        "task": "apps.visits.tasks.keep",
        "schedule": 60.0,
        "options": {"queue": queues.JUDGE, "expires": 55},
    },
    "sweep-erasures": {
        "task": "apps.erasure.tasks.sweep",
        "schedule": 30.0,
        "options": {"queue": queues.DEFAULT, "expires": 25},
    },
    "keep-house": {
        "task": "apps.hourly.tasks.keep",
        "schedule": crontab(minute="17", hour="*/6"),
        "options": {"queue": queues.DEFAULT},
    },
}
