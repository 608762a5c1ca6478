"""Counts of what was taken in; one row a batch, so that writers never wait for each other."""

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
    last_arrival = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account_id", "at"], name="tally_when")]  # health page, runs

    def __str__(self) -> str:
        return f"{self.account_id} {self.at.isoformat()} {self.stored}"
