"""The Celery queues, each with what it is for. Tasks name theirs from here."""

JUDGE = "judge"  # runs of the hourly job
EXPORT = "export"  # zipped CSV files
UPLOAD = "upload"  # chat imports and offline conversions
CONNECT = "connect"  # webhooks in and out
MAIL = "mail"  # one mail a task
DEFAULT = "default"  # clock ticks and sweeping: never waits behind work

ALL = (JUDGE, EXPORT, UPLOAD, CONNECT, MAIL, DEFAULT)
