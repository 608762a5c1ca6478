"""Hits, what tags, pixels and servers report, and the visits that are made of them."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

MANY_HITS = 26
"""Visits with more hits are looked through for more conversions than count: 15 goals at once make 400 of 27."""


class Hit(models.Model):
    """One page view or named event, exactly as it was sent. Partitioned by day; the table is made in SQL."""

    class Kind(models.IntegerChoices):
        PAGEVIEW = 1
        EVENT = 2

    pk = models.CompositePrimaryKey("account_id", "counter_id", "id", "time")
    account_id = models.BigIntegerField()
    counter_id = models.BigIntegerField()
    id = models.CharField(max_length=128)
    time = models.DateTimeField()
    identity_id = models.BigIntegerField(null=True)  # the user ID's if it names one, else the client ID's
    kind = models.SmallIntegerField(choices=Kind)
    robot = models.BooleanField()
    url = models.TextField(null=True)
    name = models.TextField(null=True)
    detail = models.JSONField(
        null=True
    )  # what nothing is searched by: referrer, title, click IDs, value, ...

    class Meta:
        managed = False
        db_table = "visits_hit"

    def __str__(self) -> str:
        return f"{self.counter_id} {self.id}"


class Visit(models.Model):
    """One person's hits on a counter without a longer gap than its timeout; always to be made anew from the hits."""

    class Source(models.TextChoices):
        """The kinds of `sources.Kind`."""

        AD = "ad", _("advertising")
        SEARCH = "search", _("search engine")
        ASSISTANT = "assistant", _("AI assistant")
        SOCIAL = "social", _("social network")
        MESSENGER = "messenger", _("messenger")
        EMAIL = "email", _("e-mail")
        CAMPAIGN = "campaign", _("campaign")
        REFERRAL = "referral", _("link from another site")
        INTERNAL = "internal", _("the site itself")
        DIRECT = "direct", _("direct")

    class Device(models.TextChoices):
        """The kinds of `intake.agents`; a visit without a user agent has none."""

        DESKTOP = "desktop", _("desktop")
        PHONE = "phone", _("phone")
        TABLET = "tablet", _("tablet")
        OTHER = "other", _("other device")

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    counter_id = models.BigIntegerField()
    person_id = models.BigIntegerField()  # 0: a visitor of a day, known by `visitor` alone
    visitor = models.CharField(max_length=64, default="")
    robot = models.BooleanField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()  # the last hit's
    pages = models.PositiveIntegerField()
    events = models.PositiveIntegerField()
    landing_page = models.TextField()
    referrer = models.TextField()
    source = models.CharField(max_length=10, choices=Source)
    source_name = models.CharField(max_length=255)
    campaign = models.CharField(max_length=255)
    first_source = models.CharField(max_length=10, choices=Source)
    first_name = models.CharField(max_length=255)
    first_campaign = models.CharField(max_length=255)
    significant_source = models.CharField(max_length=10, choices=Source)
    significant_name = models.CharField(max_length=255)
    significant_campaign = models.CharField(max_length=255)
    utm_source = models.CharField(max_length=255)
    medium = models.CharField(max_length=255)
    term = models.CharField(max_length=255)
    content = models.CharField(max_length=255)
    click_ids = models.JSONField()  # {name: id}
    device = models.CharField(max_length=10, choices=Device)
    browser = models.CharField(max_length=40)
    os = models.CharField(max_length=40)
    country = models.CharField(max_length=2)
    city = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("visit")
        verbose_name_plural = _("visits")
        constraints: ClassVar = [
            # one visit begins once; also a person's visits
            models.UniqueConstraint(
                fields=["account_id", "person_id", "visitor", "counter_id", "robot", "started_at"],
                name="visit_begins_once",
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["account_id", "started_at"], name="visit_when"),  # lists
            models.Index(
                fields=["account_id", "ended_at"],
                condition=Q(robot=False, person_id__gt=0) & Q(pages__gt=MANY_HITS - F("events")),
                name="visit_many_hits",
            ),  # the judge's limit of conversions in a visit
        ]

    def __str__(self) -> str:
        return f"{self.counter_id} {self.person_id} {self.started_at.isoformat()}"


class Touched(models.Model):
    """Whose visits have to be made anew: identities and visitors that a batch of hits, or a link, concerned."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    identities = models.BinaryField()  # pairs of int64: identity, microseconds since 2000 (`touching.py`)
    visitors = models.JSONField(null=True)  # [[counter, visitor, microseconds], ...]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account_id"], name="touched_account")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.pk}"


class Holder(models.Model):
    """A person whose visits have hits of an identity that is not the person's own: it may move away again."""

    pk = models.CompositePrimaryKey("account_id", "identity_id", "person_id")
    account_id = models.BigIntegerField()
    identity_id = models.BigIntegerField()
    person_id = models.BigIntegerField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["account_id", "person_id"], name="holder_person")]

    def __str__(self) -> str:
        return f"{self.identity_id} {self.person_id}"
