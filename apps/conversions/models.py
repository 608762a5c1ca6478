"""What became of each reach, and what was corrected later."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Conversion(models.Model):
    """The outcome of a reach, with its credit. A row for every judged reach; the table is made in SQL."""

    class Outcome(models.IntegerChoices):
        CREDITED = 1, _("credited")
        UNCREDITED = 2, _("uncredited")
        SAME_SECOND = 3, _("dropped: a second hit in the same second")
        VISIT_LIMIT = 4, _("dropped: more than 400 in one visit")

    COUNTED = (Outcome.CREDITED, Outcome.UNCREDITED)
    """What a conversion is: credited or not. A reach that a counting rule dropped is a result and no conversion."""
    DROPPED = (Outcome.SAME_SECOND, Outcome.VISIT_LIMIT)

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

    @property
    def credited(self) -> bool:
        """Whether somebody earned it: as `selectors.credited` has it, for a row that is read."""
        return self.outcome == self.Outcome.CREDITED


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


class ChatStates(models.IntegerChoices):
    """What a conversation shows of its chat goal; the numbers of `frames.State`."""

    NONE = 0, _("None")
    IN_PROCESS = 1, _("In process")
    ACHIEVED = 2, _("Achieved")
    MISSED = 3, _("Missed goal")


class ChatState(models.Model):
    """What a conversation showed when it was last looked at. No row: none, and nothing but facts changes that."""

    pk = models.CompositePrimaryKey("account_id", "conversation_id")
    account_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField()
    channel_id = models.BigIntegerField()
    goal_id = models.BigIntegerField()
    state = models.SmallIntegerField(choices=ChatStates)
    version_id = models.BigIntegerField(null=True)  # that judges the newest inquiry with a first reply
    replied_at = models.DateTimeField(null=True)  # its first reply
    agent_id = models.BigIntegerField(null=True)
    frame_ends_at = models.DateTimeField(null=True)  # the last instant that counts
    achieved_at = models.DateTimeField(null=True)  # the latest achievement
    next_look = models.DateTimeField(null=True)  # when time alone may change it

    class Meta:
        indexes = [
            # lists of conversations by state
            models.Index(fields=["account_id", "state", "conversation_id"], name="chat_state_filter"),
            # what time has changed, each minute
            models.Index(
                fields=["next_look"], condition=models.Q(next_look__isnull=False), name="chat_state_next_look"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.get_state_display()}"


class Inquiry(models.Model):
    """A tracked inquiry of a conversation and what became of it: what achievement rates count."""

    pk = models.CompositePrimaryKey("account_id", "conversation_id", "number")
    account_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField()
    number = models.IntegerField()
    channel_id = models.BigIntegerField()
    goal_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    state = models.SmallIntegerField(choices=ChatStates)
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    replied_at = models.DateTimeField(null=True)
    agent_id = models.BigIntegerField(null=True)  # who gave the first reply
    frame_ends_at = models.DateTimeField(null=True)
    achieved_at = models.DateTimeField(null=True)
    counter_id = models.BigIntegerField(null=True)  # the hit that achieved it
    hit_id = models.CharField(max_length=128, null=True)

    class Meta:
        verbose_name = _("inquiry")
        verbose_name_plural = _("inquiries")
        indexes = [
            # rates of a period, and the rows behind them
            models.Index(fields=["account_id", "ended_at", "conversation_id", "number"], name="inquiry_ended")
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} inquiry {self.number}"
