"""What became of each reach, and what was corrected later."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Conversion(models.Model):
    """The outcome of a reach, with its credit. A row for every judged reach; the table is made in SQL."""

    class Outcome(models.IntegerChoices):
        CREDITED = 1, _("credited")
        UNCREDITED = 2, _("uncredited")
        SAME_SECOND = 3, _("dropped: a second hit in the same second")

    pk = models.CompositePrimaryKey("account_id", "goal_id", "time", "counter_id", "hit_id")
    account_id = models.BigIntegerField()
    goal_id = models.BigIntegerField()
    time = models.DateTimeField()
    counter_id = models.BigIntegerField()
    hit_id = models.CharField(max_length=128)
    version_id = models.BigIntegerField()
    person_id = models.BigIntegerField()  # 0: nobody known
    outcome = models.SmallIntegerField(choices=Outcome)
    conversation_id = models.BigIntegerField(null=True)
    agent_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    active = models.BooleanField(null=True)
    contact_us = models.BigIntegerField(null=True)  # contact duration, microseconds
    agent_name = models.TextField(null=True)  # as they were at the hit's time
    agent_email = models.TextField(null=True)

    class Meta:
        managed = False
        db_table = "conversions_conversion"

    def __str__(self) -> str:
        return f"{self.goal_id} {self.hit_id} {self.outcome}"


class Correction(models.Model):
    """A recorded result that a later fact changed or removed."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    goal_id = models.BigIntegerField()
    time = models.DateTimeField()
    counter_id = models.BigIntegerField()
    hit_id = models.CharField(max_length=128)
    at = models.DateTimeField()
    why = models.CharField(max_length=100)  # the reasons of the marks, joined
    before = models.JSONField()
    after = models.JSONField(null=True)  # none: the result is gone

    class Meta:
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        indexes = [
            models.Index(fields=["account_id", "goal_id", "time"], name="correction_result")
        ]  # explanations

    def __str__(self) -> str:
        return f"{self.goal_id} {self.hit_id} at {self.at.isoformat()}"
