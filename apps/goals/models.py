"""Goals of both kinds, their versions and conditions, the hits that met them, and what waits to be looked at."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Account, Group, User
from apps.conversations.models import Channel
from apps.core import clock

MAX_ACTIVE = 15
MAX_CONDITIONS = 100
MAX_VALUE_LENGTH = 2048
MAX_EVENT_NAME = 255


class MessagingGoal(models.Model):
    """An account's goal whose conversions are credited to agents. What it says stands in its versions."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="messaging_goals")
    current = models.OneToOneField(
        "GoalVersion", models.PROTECT, null=True, related_name="+", verbose_name=_("current version")
    )
    # Activity is a slot: a count let 27 goals in under 40 threads, a unique slot cannot.
    slot = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField(default=clock.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("messaging goal")
        verbose_name_plural = _("messaging goals")
        constraints = [
            models.UniqueConstraint(fields=["account", "slot"], name="goal_active_slot"),
            models.CheckConstraint(
                condition=models.Q(slot__isnull=True) | models.Q(slot__range=(1, MAX_ACTIVE)),
                name="goal_at_most_15_active",
            ),
            models.CheckConstraint(
                condition=models.Q(deleted_at__isnull=True) | models.Q(slot__isnull=True),
                name="goal_deleted_is_inactive",
            ),
        ]

    def __str__(self) -> str:
        return self.current.name if self.current else str(self.pk)


class GoalVersion(models.Model):
    """What a goal said from `valid_from` until `valid_until` (exclusive). Only `valid_until` is ever set later."""

    class Attribution(models.TextChoices):
        FIRST_TOUCH = "first_touch", _("First touch")
        LAST_TOUCH = "last_touch", _("Last touch")

    class Counting(models.TextChoices):
        EVERY = "every", _("every conversion")

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    goal = models.ForeignKey(MessagingGoal, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    saved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True, max_length=5000)
    active = models.BooleanField(_("active"))
    start_date = models.DateField(_("start date"), null=True, blank=True)
    end_date = models.DateField(_("end date"), null=True, blank=True)
    groups = models.ManyToManyField(Group, through="VersionGroup", related_name="+")
    attribution = models.CharField(_("attribution"), max_length=11, choices=Attribution)
    window_days = models.PositiveSmallIntegerField(
        _("attribution window, days"), validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    transaction_value = models.DecimalField(
        _("transaction value"), max_digits=14, decimal_places=4, null=True, blank=True
    )
    currency = models.CharField(max_length=3)
    counting = models.CharField(max_length=16, choices=Counting, default=Counting.EVERY)
    bots_eligible = models.BooleanField(_("bots can earn credit"), default=False)
    window_on_active = models.BooleanField(_("the window applies to active conversations too"), default=False)
    all_channels = models.BooleanField(_("third-party bot channels and Unity too"), default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["goal", "number"], name="goal_version_number"),
            models.UniqueConstraint(fields=["goal", "valid_from"], name="goal_version_from"),
            models.UniqueConstraint(
                fields=["goal"], condition=models.Q(valid_until__isnull=True), name="goal_version_one_current"
            ),
            models.CheckConstraint(
                condition=models.Q(window_days__range=(1, 90)), name="goal_version_window_days"
            ),
            models.CheckConstraint(
                condition=models.Q(active=False) | models.Q(start_date__isnull=False),
                name="goal_version_active_has_start",
            ),
            models.CheckConstraint(
                condition=models.Q(end_date__isnull=True) | models.Q(end_date__gte=models.F("start_date")),
                name="goal_version_end_after_start",
            ),
        ]
        indexes = [
            models.Index(fields=["account", "valid_from"], name="goal_version_account")
        ]  # matching a batch

    def __str__(self) -> str:
        return f"{self.name} v{self.number}"


class VersionGroup(models.Model):
    """A group that a goal version names; it cannot be deleted any more."""

    version = models.ForeignKey(GoalVersion, models.CASCADE, related_name="version_groups")
    group = models.ForeignKey(Group, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "group"], name="version_group_once")]

    def __str__(self) -> str:
        return f"{self.version_id}: {self.group_id}"


class Condition(models.Model):
    """One test of a hit; any one of a version's conditions is enough."""

    class Category(models.TextChoices):
        URL = "url", _("URL")
        EVENT = "event", _("event")

    class Operator(models.TextChoices):
        CONTAINS = "contains", _("contains")
        IS = "is", _("is")

    version = models.ForeignKey(GoalVersion, models.CASCADE, related_name="conditions")
    position = models.PositiveSmallIntegerField()
    category = models.CharField(_("category"), max_length=8, choices=Category, default=Category.URL)
    operator = models.CharField(_("operator"), max_length=8, choices=Operator)
    value = models.CharField(_("value"), max_length=MAX_VALUE_LENGTH)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="condition_position"),
            models.CheckConstraint(
                condition=models.Q(position__range=(1, MAX_CONDITIONS)), name="condition_at_most_100"
            ),
            models.CheckConstraint(condition=~models.Q(value=""), name="condition_value_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.operator} {self.value}"


class Reach(models.Model):
    """A hit that met a goal version's conditions. The table is made in SQL; rows come by COPY."""

    pk = models.CompositePrimaryKey("account_id", "goal_id", "time", "counter_id", "hit_id")
    account_id = models.BigIntegerField()
    goal_id = models.BigIntegerField()
    time = models.DateTimeField()
    counter_id = models.BigIntegerField()
    hit_id = models.CharField(max_length=128)
    version_id = models.BigIntegerField()
    identity_id = models.BigIntegerField(null=True)
    person_id = models.BigIntegerField()  # 0: nobody known

    class Meta:
        managed = False
        db_table = "goals_reach"

    def __str__(self) -> str:
        return f"{self.goal_id} {self.hit_id}"


class ChatGoal(models.Model):
    """What conversations of a channel are to lead to. What it says stands in its versions; one at a time."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="chat_goals")
    channel = models.ForeignKey(Channel, models.PROTECT, related_name="chat_goals")
    current = models.OneToOneField(
        "ChatGoalVersion", models.PROTECT, null=True, related_name="+", verbose_name=_("current version")
    )
    created_at = models.DateTimeField(default=clock.now)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("chat goal")
        verbose_name_plural = _("chat goals")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "channel"],
                condition=models.Q(deleted_at__isnull=True),
                name="chat_goal_one_a_channel",
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel}: {self.current}"


class ChatGoalVersion(models.Model):
    """What a chat goal said from `valid_from` until `valid_until` (exclusive). Only that end is ever set later."""

    class Days(models.IntegerChoices):
        """How long after the first reply the event counts; the last instant included."""

        ONE = 1, _("1 day")
        THREE = 3, _("3 days")
        SEVEN = 7, _("7 days")
        FIFTEEN = 15, _("15 days")
        THIRTY = 30, _("30 days")

    account = models.ForeignKey(Account, models.CASCADE, related_name="+", db_index=False)
    goal = models.ForeignKey(ChatGoal, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    saved_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    category = models.CharField(_("category"), max_length=8, choices=Condition.Category)
    operator = models.CharField(_("operator"), max_length=8, choices=Condition.Operator)
    value = models.CharField(_("value"), max_length=MAX_VALUE_LENGTH)
    frame_days = models.PositiveSmallIntegerField(_("time frame"), choices=Days)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["goal", "number"], name="chat_version_number"),
            models.UniqueConstraint(fields=["goal", "valid_from"], name="chat_version_from"),
            models.UniqueConstraint(
                fields=["goal"], condition=models.Q(valid_until__isnull=True), name="chat_version_one_current"
            ),
            models.CheckConstraint(
                condition=models.Q(frame_days__in=[1, 3, 7, 15, 30]), name="chat_version_frame_days"
            ),
            models.CheckConstraint(condition=~models.Q(value=""), name="chat_version_value_not_empty"),
            models.CheckConstraint(
                condition=~models.Q(category="event") | models.Q(operator="is"), name="chat_version_event_is"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "valid_from"], name="chat_version_account")  # matching a batch
        ]

    def __str__(self) -> str:
        return f"{self.get_category_display()} {self.get_operator_display()} {self.value}"


class ChatReach(models.Model):
    """A person's hit that met a chat goal version's condition while that could still judge an inquiry."""

    pk = models.CompositePrimaryKey("account_id", "version_id", "time", "counter_id", "hit_id")
    account_id = models.BigIntegerField()
    version_id = models.BigIntegerField()
    time = models.DateTimeField()
    counter_id = models.BigIntegerField()
    hit_id = models.CharField(max_length=128, db_collation="C")
    identity_id = models.BigIntegerField()
    person_id = models.BigIntegerField()

    class Meta:
        indexes = [
            # judging: what a person did
            models.Index(fields=["account_id", "person_id", "version_id", "time"], name="chat_reach_person"),
            # a new link gives a client ID's reaches to somebody else
            models.Index(fields=["account_id", "identity_id"], name="chat_reach_identity"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.hit_id}"


class ChatMark(models.Model):
    """A conversation, or all those of a person, whose state waits to be looked at again. Appended with facts."""

    id = models.BigAutoField(primary_key=True)
    account_id = models.BigIntegerField()
    conversation_id = models.BigIntegerField(default=0)
    person_id = models.BigIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["account_id", "id"], name="chat_mark_account")]  # taken in this order

    def __str__(self) -> str:
        return f"conversation {self.conversation_id} or person {self.person_id}"


class ChatSweep(models.Model):
    """All conversations of a channel wait to be looked at again: those after `after` still do."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, models.CASCADE, related_name="+")
    after = models.CharField(max_length=255, blank=True)  # the last ticket that was looked at

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "channel"], name="chat_sweep_once")]

    def __str__(self) -> str:
        return f"channel {self.channel_id} after {self.after}"
