"""Mails as rows: written once, sent at least once, found again by the sweeper."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Mail(models.Model):
    """One mail to one address; `key` makes it impossible to write the same mail twice."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")

    account_id = models.BigIntegerField(null=True)  # below accounts: a number, not a relation
    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField(max_length=254)
    subject = models.CharField(max_length=250)
    body = models.TextField()
    secret = models.CharField(max_length=200, blank=True)  # stands in the body when sent, then blanked
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True)  # what the server said last

    class Meta:
        indexes = [
            # the sweeper asks for what is due
            models.Index(fields=["next_try_at"], condition=models.Q(state="queued"), name="mail_due"),
        ]

    def __str__(self) -> str:
        return f"{self.key} to {self.to}"
