"""Persons, the identities they are known by, and what waits to be judged again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Greatest, Least
from django.utils.translation import gettext_lazy as _

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
        CLIENT_ID = 1, _("client ID")
        USER_ID = 2, _("user ID")
        TELEGRAM = 3, _("Telegram")
        WHATSAPP = 4, _("WhatsApp")
        VIBER = 5, _("Viber")
        FACEBOOK = 6, _("Facebook")
        INSTAGRAM = 7, _("Instagram")
        MESSENGER = 8, _("other messenger")  # "vk:123456"
        EMAIL = 9, _("e-mail")
        PHONE = 10, _("phone")  # E.164

    CONTACTS = (Kind.EMAIL, Kind.PHONE)  # link only where the account allows it

    account = models.ForeignKey(Account, models.CASCADE, related_name="identities")
    kind = models.SmallIntegerField(choices=Kind)
    value = models.CharField(max_length=255)
    person = models.ForeignKey(Person, models.CASCADE, related_name="identities", db_index=True)
    # whose it is after its last link (0: as `person` says); what lists and searches ask, kept by whoever links
    owner_id = models.BigIntegerField(default=0, db_default=0)
    written = models.CharField(max_length=255, default="", db_default="")  # a phone, an e-mail as it came

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "kind", "value"], name="identity_value")]
        indexes = [
            # the identities of a person; few were ever linked away from their own
            models.Index(
                fields=["account", "owner_id"], name="identity_owner", condition=~models.Q(owner_id=0)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.value}"


class Link(models.Model):
    """A client ID seen together with a user ID at an instant. Every sighting counts: a late one may split two."""

    pk = models.CompositePrimaryKey("account", "client", "at", "user")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    client = models.ForeignKey(Identity, models.CASCADE, related_name="links", db_index=False)
    at = models.DateTimeField()
    user = models.ForeignKey(Identity, models.CASCADE, related_name="+")
    source = models.CharField(max_length=16)  # "hit", "conversation", "api", "merge:12"

    def __str__(self) -> str:
        return f"{self.client_id} is {self.user_id} from {self.at.isoformat()}"


class Tie(models.Model):
    """Two identities that were said to be one person's, other than a client ID with a user ID (`owners.py`)."""

    pk = models.CompositePrimaryKey("account", "one", "at", "other")
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    one = models.ForeignKey(Identity, models.CASCADE, related_name="+", db_index=False)
    at = models.DateTimeField()
    other = models.ForeignKey(Identity, models.CASCADE, related_name="+", db_index=False)
    source = models.CharField(max_length=16)  # as a link's

    class Meta:
        indexes = [models.Index(fields=["account", "other"], name="tie_other")]  # ties are walked both ways

    def __str__(self) -> str:
        return f"{self.one_id} and {self.other_id} from {self.at.isoformat()}"


class Undone(models.Model):
    """What was said of two identities until an instant counts no more; later sightings do."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    one = models.ForeignKey(Identity, models.CASCADE, related_name="+")  # the lower number of the two
    other = models.ForeignKey(Identity, models.CASCADE, related_name="+")
    until = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "one", "other"], name="undone_pair")]

    def __str__(self) -> str:
        return f"{self.one_id} and {self.other_id} until {self.until.isoformat()}"


class Merge(models.Model):
    """Two people that a member made one. Its links and ties have the source `merge:<id>` and hold since ever."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=clock.now)
    kept_id = models.BigIntegerField()  # persons
    gone_id = models.BigIntegerField()
    identities = ArrayField(
        models.BigIntegerField()
    )  # of the kept one the first, of the other those of its own
    undone_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["account", "kept_id"], name="merge_kept")]  # a person's page
        constraints = [
            models.UniqueConstraint(
                models.F("account"),
                Least("kept_id", "gone_id"),
                Greatest("kept_id", "gone_id"),
                condition=models.Q(undone_at__isnull=True),
                name="merge_open_pair",
            )
        ]

    def __str__(self) -> str:
        return f"{self.gone_id} into {self.kept_id}"


class Erased(models.Model):
    """What is said of an erased identity (or conversation) between two instants is not stored any more.

    The name itself is not kept, only a keyed hash of it (`erasing.digest`). The highest id of an account is also its
    epoch: processes that remember identities forget them when it has grown.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    digest = models.BinaryField(max_length=32)
    since = models.DateTimeField()
    until = models.DateTimeField()
    whole = models.BooleanField()  # all of it, and so also what arrived before `until` whatever its time says

    class Meta:
        indexes = [
            models.Index(fields=["account", "until"], name="erased_until"),  # a batch asks for its times
            models.Index(fields=["account", "id"], name="erased_epoch"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} until {self.until.isoformat()}"


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
