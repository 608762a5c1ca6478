"""Hits: what tags, pixels and servers report. (Visits are made of them by a later issue.)"""

from django.db import models


class Hit(models.Model):
    """One page view or named event, exactly as it was sent. Partitioned by day; the table is made in SQL."""

    class Kind(models.IntegerChoices):
        PAGEVIEW = 1
        EVENT = 2

    pk = models.CompositePrimaryKey("account_id", "counter_id", "id", "time")
    account_id = models.BigIntegerField()
    counter_id = models.BigIntegerField()
    id = models.CharField(max_length=128)
    time = models.DateTimeField()
    identity_id = models.BigIntegerField(null=True)  # the user ID's if it names one, else the client ID's
    kind = models.SmallIntegerField(choices=Kind)
    robot = models.BooleanField()
    url = models.TextField(null=True)
    name = models.TextField(null=True)
    detail = models.JSONField(
        null=True
    )  # what nothing is searched by: referrer, title, click IDs, value, ...

    class Meta:
        managed = False
        db_table = "visits_hit"

    def __str__(self) -> str:
        return f"{self.counter_id} {self.id}"
