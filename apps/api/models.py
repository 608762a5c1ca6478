"""What was answered to requests with an Idempotency-Key."""

from django.db import models

from apps.accounts.models import Account


class Answer(models.Model):
    """The answer that a key got. Written in the transaction of the effect, so that both are there or neither."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    actor = models.CharField(max_length=160)  # of which token or user
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "actor", "key"], name="answer_once")]
        indexes = [models.Index(fields=["expires_at"], name="answer_ended")]  # removing those that ended

    def __str__(self) -> str:
        return f"{self.actor} {self.key}: {self.status}"
