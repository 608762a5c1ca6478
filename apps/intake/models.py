"""Counts of what was taken in, one row a batch, so that writers never wait for each other; and what intake remembers."""

from datetime import datetime
from typing import ClassVar

from django.db import models


class Tally(models.Model):
    """What one stored batch brought to one account."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    at = models.DateTimeField()
    stored = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    robots = models.PositiveIntegerField(default=0)
    closed = models.PositiveIntegerField(default=0)  # arrived older than the closing period: no result
    reaches = models.PositiveIntegerField(default=0)
    cookieless = models.PositiveIntegerField(default=0, db_default=0)  # of `stored`: of nobody who agreed
    refused = models.PositiveIntegerField(default=0, db_default=0)  # not stored, for want of consent
    mended = models.JSONField(null=True)  # {kind: hits} of details that were cut or dropped; null: none
    last_arrival = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account_id", "at"], name="tally_when")]  # health page, runs

    def __str__(self) -> str:
        return f"{self.account_id} {self.at.isoformat()} {self.stored}"


class Moved(models.Model):
    """A hit that is stored at another time than it was sent with, because its sender's clock was wrong."""

    pk = models.CompositePrimaryKey("account_id", "id", "counter_id", "sent_at")
    account_id = models.BigIntegerField()
    id = models.CharField(max_length=128)
    counter_id = models.BigIntegerField()
    sent_at = models.DateTimeField()  # the hit's own time, as it was sent
    time = models.DateTimeField()  # at which it is stored

    class Meta:
        indexes: ClassVar = [models.Index(fields=["time"], name="moved_time")]  # old ones are deleted

    def __str__(self) -> str:
        return f"{self.counter_id} {self.id} {self.sent_at.isoformat()}"

    @classmethod
    def of(cls, key: tuple[int, int, str, datetime], time: datetime) -> "Moved":
        """The row of a key (account, counter, id, time as sent)."""
        account, counter, id_, sent_at = key
        return cls(account_id=account, counter_id=counter, id=id_, sent_at=sent_at, time=time)


class Salt(models.Model):
    """A day's salt for names of visitors who have not agreed to be known again; deleted when the day is over."""

    day = models.DateField(primary_key=True)
    salt = models.BinaryField(max_length=32)

    def __str__(self) -> str:
        return self.day.isoformat()
