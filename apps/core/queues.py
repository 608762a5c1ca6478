"""The Celery queues, each with what it is for. Tasks name theirs from here."""

JUDGE = "judge"  # runs of the hourly job
CHATS = "chats"  # the states of chat goals, each minute
EXPORT = "export"  # zipped CSV files
UPLOAD = "upload"  # chat imports and offline conversions
CONNECT = "connect"  # webhooks in and out
MAIL = "mail"  # one mail a task
DEFAULT = "default"  # clock ticks and sweeping: never waits behind work

ALL = (JUDGE, CHATS, EXPORT, UPLOAD, CONNECT, MAIL, DEFAULT)
