"""Persons, the identities they are known by, and what waits to be judged again."""

from django.db import models

from apps.accounts.models import Account
from apps.core import clock


class Person(models.Model):
    """One human as far as known."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="people")
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"person {self.pk}"


class Identity(models.Model):
    """A name by which a person is known. `person` is whom it stands for while nothing links it further."""

    class Kind(models.IntegerChoices):
        CLIENT_ID = 1
        USER_ID = 2

    account = models.ForeignKey(Account, models.CASCADE, related_name="identities")
    kind = models.SmallIntegerField(choices=Kind)
    value = models.CharField(max_length=255)
    person = models.ForeignKey(Person, models.CASCADE, related_name="identities", db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind", "value"], name="identity_value")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class Link(models.Model):
    """A client ID seen together with a user ID at an instant. Every sighting counts: a late one may split two."""

    pk = models.CompositePrimaryKey("account", "client", "at", "user")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    client = models.ForeignKey(Identity, models.CASCADE, related_name="links", db_index=False)
    at = models.DateTimeField()
    user = models.ForeignKey(Identity, models.CASCADE, related_name="+")
    source = models.CharField(max_length=16)  # "hit", "conversation", "api"

    def __str__(self) -> str:
        return f"{self.client_id} is {self.user_id} from {self.at.isoformat()}"


class Mark(models.Model):
    """A person's results from `since` on wait to be judged again. Appended with each fact, in its transaction."""

    class Reason(models.IntegerChoices):
        """Why, as bits: a run ORs those of a person's marks."""

        HIT = 1
        CONVERSATION = 2
        LINK = 4
        AGENT = 8
        CHANNEL = 16
        SETTINGS = 32
        GOAL = 64

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(
        Account, models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    person_id = models.BigIntegerField()  # 0: the hits without a person
    since = models.DateTimeField()
    reason = models.SmallIntegerField(choices=Reason)

    class Meta:
        indexes = [
            models.Index(fields=["account", "person_id"], name="mark_person")
        ]  # a run takes them by person

    def __str__(self) -> str:
        return f"{self.person_id} since {self.since.isoformat()}"
