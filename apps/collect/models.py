"""How far each host's spool has been stored, and the records that could not be."""

from django.db import models


class Position(models.Model):
    """The drain's place in one spool segment; it moves in the transaction that stores the hits before it."""

    spool = models.CharField(max_length=64)  # the spool folder's own random id
    segment = models.CharField(max_length=64)
    offset = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["spool", "segment"], name="position_segment")]

    def __str__(self) -> str:
        return f"{self.spool}/{self.segment}: {self.offset}"


class DeadLetter(models.Model):
    """An acknowledged record that could not be stored, kept with the reason."""

    id = models.BigAutoField(primary_key=True)
    counter_id = models.BigIntegerField(null=True)
    at = models.DateTimeField()
    reason = models.TextField()
    record = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.reason}"
