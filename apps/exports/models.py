"""Zipped CSVs made for one member each."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Account, User
from apps.goals.models import MessagingGoal


class Export(models.Model):
    """One zipped CSV for one member. The row is the job; its link ends after 14 days."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Ready")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    account = models.ForeignKey(Account, models.CASCADE, related_name="exports")
    user = models.ForeignKey(User, models.CASCADE, related_name="exports")
    goal = models.ForeignKey(MessagingGoal, models.CASCADE, related_name="exports")
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("to"))
    state = models.CharField(max_length=9, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)  # rows written
    total = models.PositiveIntegerField(default=0)  # rows to write
    complete_until = models.DateTimeField(null=True)
    file = models.CharField(max_length=200, blank=True)
    size = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    token_digest = models.CharField(max_length=64, null=True, unique=True)
    expires_at = models.DateTimeField(null=True)
    downloads = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user", "goal", "first_day", "last_day"],
                condition=models.Q(state__in=["queued", "running"]),
                name="export_open_once",
            )
        ]
        indexes = [
            models.Index(fields=["account", "user", "-created_at"], name="export_mine"),
            models.Index(
                fields=["state"], condition=models.Q(state__in=["queued", "running"]), name="export_open"
            ),
        ]

    def __str__(self) -> str:
        return f"export {self.pk}"
