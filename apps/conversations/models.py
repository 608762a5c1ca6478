"""Channels, conversations and the append-only events that say everything about them."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Account
from apps.core import clock
from apps.core.clock import BEGINNING


class Channel(models.Model):
    """A place where conversations happen; the present kind (see `ChannelKind`)."""

    class Kind(models.TextChoices):
        WEB = "web", _("web widget")
        IOS = "ios", _("iOS")
        ANDROID = "android", _("Android")
        TELEGRAM = "telegram", _("Telegram")
        WHATSAPP = "whatsapp", _("WhatsApp")
        VIBER = "viber", _("Viber")
        FACEBOOK = "facebook", _("Facebook")
        INSTAGRAM = "instagram", _("Instagram")
        SOCIAL = "social", _("other social channel")
        EMAIL = "email", _("e-mail")
        THIRD_PARTY_BOT = "third_party_bot", _("third-party bot")
        UNITY = "unity", _("Unity")
        OTHER = "other", _("other")

    EXCLUDED = (Kind.THIRD_PARTY_BOT, Kind.UNITY)  # messaging goals do not look there unless told

    account = models.ForeignKey(Account, models.CASCADE, related_name="channels")
    external_id = models.CharField(_("external id"), max_length=255)
    name = models.CharField(_("name"), max_length=255, blank=True)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind, default=Kind.OTHER)
    placeholder = models.BooleanField(default=False, editable=False)

    class Meta:
        verbose_name = _("channel")
        verbose_name_plural = _("channels")
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="channel_external_id")]

    def __str__(self) -> str:
        return self.name or self.external_id


class ChannelKind(models.Model):
    """What kind a channel was from an instant on; never changed. Placeholders have no row."""

    channel = models.ForeignKey(Channel, models.CASCADE, related_name="history")
    at = models.DateTimeField()
    kind = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "at"], name="channel_kind_at")]

    def __str__(self) -> str:
        return f"{self.channel_id} {self.kind} from {self.at.isoformat()}"


class Conversation(models.Model):
    """One thread between a person and the company. Whose it is follows from its events."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="conversations", db_index=False)
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="conversations", db_index=False)
    ticket = models.CharField(max_length=255)
    person_id = models.BigIntegerField(null=True)
    # the event that named the person first, by (time, seq, id), and the identity it named
    identity_id = models.BigIntegerField(null=True)
    named_at = models.DateTimeField(null=True)
    named_seq = models.BigIntegerField(null=True)
    named_by = models.CharField(max_length=255, null=True, db_collation="C")
    begun_at = models.DateTimeField()
    # what lists show and filter by: a fold of the events, kept by `summaries` in the events' own transaction
    last_at = models.DateTimeField(db_default=BEGINNING)  # the latest event
    person_said_at = models.DateTimeField(null=True)
    agent_said_at = models.DateTimeField(null=True)  # an agent's latest public message; bots do not answer
    status = models.SmallIntegerField(db_default=20)
    agent_id = models.BigIntegerField(null=True)  # who holds it
    group_id = models.BigIntegerField(null=True)
    link = models.TextField(null=True)  # to the same conversation in the chat system
    # when the last of this was written, by the database's clock within the writing transaction (see `changes`)
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = [
            models.UniqueConstraint(fields=["account", "channel", "ticket"], name="conversation_ticket")
        ]
        indexes = [
            # judging: the conversations of a person
            models.Index(fields=["account", "person_id"], name="conversation_person"),
            # a new link gives a client ID's conversations to somebody else
            models.Index(fields=["account", "identity_id"], name="conversation_identity"),
            # the list of all of an account's conversations, newest activity first
            models.Index(
                models.F("account"),
                models.F("last_at").desc(),
                models.F("id").desc(),
                name="conversation_newest",
            ),
            # what changed since, for programs that follow (see `changes`)
            models.Index(fields=["account", "changed_at", "id"], name="conversation_changed"),
            # searching by the beginning of a ticket
            models.Index(
                fields=["account", "ticket"],
                opclasses=["int8_ops", "varchar_pattern_ops"],
                name="conversation_ticket_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.ticket


class Held(models.Model):
    """An agent or a group to which a conversation was assigned at any time: for whom it is there to see.

    `last_at` is the conversation's own: the newest of somebody's conversations are one range of an index.
    """

    pk = models.CompositePrimaryKey("account_id", "conversation_id", "by_group", "holder_id")
    account_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField()
    by_group = models.BooleanField()
    holder_id = models.BigIntegerField()  # of an agent, or of a group if `by_group`
    last_at = models.DateTimeField()

    class Meta:
        indexes = [
            # what somebody may see, newest activity first
            models.Index(
                models.F("account_id"),
                models.F("by_group"),
                models.F("holder_id"),
                models.F("last_at").desc(),
                models.F("conversation_id").desc(),
                name="held_newest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} by {'group' if self.by_group else 'agent'} {self.holder_id}"


class Event(models.Model):
    """One recorded fact of a conversation. Order: (time, seq, id as bytes). The table is made in SQL."""

    class Kind(models.IntegerChoices):
        """What happened and who did it, in one small number (judging reads nothing more of a message)."""

        PERSON = 1, _("message of the person")
        AGENT = 2, _("message of an agent")
        BOT = 3, _("message of a bot")
        SYSTEM = 4, _("system message")
        NOTE = 5, _("private note")
        # assignments: which of agent and group the event says; what it leaves out is unchanged
        ASSIGN = 10, _("assignment of agent and group")
        ASSIGN_AGENT = 11, _("assignment of an agent")
        ASSIGN_GROUP = 12, _("assignment of a group")
        ASSIGN_NOTHING = 13, _("assignment that changes nothing")
        NEW = 20, _("status new")
        OPEN = 21, _("status open")
        PENDING = 22, _("status pending")
        HOLD = 23, _("status on hold")
        SOLVED = 24, _("status solved")
        CLOSED = 25, _("status closed")
        RATING = 30, _("rating")
        TAG = 31, _("tag")

    pk = models.CompositePrimaryKey("account_id", "conversation_id", "time", "seq", "id")
    account_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField()
    time = models.DateTimeField()
    seq = models.BigIntegerField(default=0)
    id = models.CharField(max_length=255)
    channel_id = models.BigIntegerField()
    kind = models.SmallIntegerField(choices=Kind)
    agent_id = models.BigIntegerField(null=True)
    group_id = models.BigIntegerField(null=True)
    detail = models.JSONField(null=True)  # text, author kind of a note, rating score and comment, tag
    arrived_at = models.DateTimeField(default=clock.now)

    class Meta:
        managed = False
        db_table = "conversations_event"

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"
