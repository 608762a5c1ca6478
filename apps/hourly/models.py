"""The ledger of runs and the heartbeats of the processes that make them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Account, User


class Run(models.Model):
    """One pass of the hourly job over an account. The row is the job; tasks only look at it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    account = models.ForeignKey(Account, models.CASCADE, related_name="runs")
    hour = models.DateTimeField(null=True)  # the UTC hour that a scheduled run completes; none: asked for
    requested_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)  # judges by this instant; kept when tried again
    beat_at = models.DateTimeField(null=True)  # last sign of life
    finished_at = models.DateTimeField(null=True)
    complete_until = models.DateTimeField(null=True)  # facts that arrived before this are judged
    total = models.PositiveIntegerField(default=0)  # people waiting when it began
    people = models.PositiveIntegerField(default=0)
    reaches = models.PositiveIntegerField(default=0)
    credited = models.PositiveIntegerField(default=0)
    uncredited = models.PositiveIntegerField(default=0)
    dropped = models.PositiveIntegerField(default=0)
    corrected = models.PositiveIntegerField(default=0)
    closed_hits = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    last_mark = models.BigIntegerField(default=0)  # marks up to this one were there when it began

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        constraints = [
            models.UniqueConstraint(fields=["account", "hour"], name="run_once_an_hour"),
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["queued", "running"], hour__isnull=True),
                name="run_one_asked_for",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-created_at"], name="run_newest"),
            models.Index(
                fields=["state"], condition=models.Q(state__in=["queued", "running"]), name="run_open"
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} of {self.account_id}"


class RunShare(models.Model):
    """One worker's part of a running run: the people whose hash falls on `number`. Gone when the run ends.

    Whoever works on it holds `holder` and, during a batch, the row's lock. A worker that died leaves neither
    a lock nor, after a minute, a fresh `beat_at`: then the next one takes over.
    """

    run = models.ForeignKey(Run, models.CASCADE, related_name="shares")
    number = models.PositiveSmallIntegerField()
    done = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)  # since the last batch that succeeded
    holder = models.UUIDField(null=True)
    beat_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="run_share_once")]

    def __str__(self) -> str:
        return f"share {self.number} of run {self.run_id}"


class Heartbeat(models.Model):
    """When a part of the machinery last showed that it lives."""

    part = models.CharField(max_length=32, primary_key=True)  # "beat", "worker", "drain"
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.part} {self.at.isoformat()}"
