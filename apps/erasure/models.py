"""Erasing a person, as a row that is the job."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Account, User


class Erasure(models.Model):
    """One person who is to be erased. What it has to look for is kept only until it is done."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        WAITING = "waiting", _("Waiting for hits that are not stored yet")
        DONE = "done", _("Erased")

    account = models.ForeignKey(Account, models.CASCADE, related_name="erasures")
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    person_id = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    step = models.PositiveSmallIntegerField(default=0)  # how many of `STEPS` are done
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)  # from then on the person's names are somebody else's
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    deleted = models.PositiveIntegerField(default=0)  # rows
    scope = models.JSONField(null=True)  # `scope.Scope`; nothing once it is done
    error = models.CharField(max_length=200, blank=True)  # never with values: they may be the person's

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [models.Index(fields=["account", "-created_at"], name="erasure_newest")]  # its list
        constraints = [
            models.UniqueConstraint(
                fields=["account", "person_id"], condition=~models.Q(state="done"), name="erasure_open_once"
            )
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk} of person {self.person_id}"
