"""Accounts, the people who work in them, agents, groups, tokens and the audit log."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.auth.password_validation import validate_password
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken

from apps.accounts.email_addresses import canonical
from apps.accounts.roles import Role, Scope
from apps.core import clock

CANONICAL = models.Q(email=Lower("email"), email__regex=r"^[!-~]+$")
"""An address in its one spelling: small letters, ASCII (email_addresses.py)."""


class UserManager(BaseUserManager["User"]):
    """Users are known by their e-mail, in any letter case (email_addresses.py)."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=canonical(username or "") or "")

    def create_superuser(self, email: str, password: str | None = None, **values: Any) -> "User":
        """What `manage.py createsuperuser` calls; `services.make_operator` is for everything else."""
        user = self.model(email=canonical(email) or email, is_superuser=True, **values)
        if password is None:
            user.set_unusable_password()
        else:
            validate_password(password, user)
            user.set_password(password)
        user.full_clean()
        user.save(using=self._db, force_insert=True)
        return user


class User(AbstractBaseUser, PermissionsMixin):  # type: ignore[django-manager-missing]  # knox is untyped
    """Somebody who signs in. A superuser is an operator, who can enter any account."""

    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    USERNAME_FIELD = "email"
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_any_case"),
            models.CheckConstraint(condition=CANONICAL, name="user_email_canonical"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Django's admin asks this; which account and role is asked of each request apart."""
        return self.is_superuser or self.memberships.exclude(role=Role.AGENT).exists()


class Account(models.Model):  # type: ignore[django-manager-missing]  # knox is untyped
    """A company using the portal; the present values of its settings (see `AccountSettings`)."""

    name = models.CharField(_("name"), max_length=255)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    inactivity_s = models.PositiveIntegerField(
        _("inactivity period, seconds"),
        default=600,
        validators=[MinValueValidator(1), MaxValueValidator(7 * 86400)],
    )
    closing_days = models.PositiveSmallIntegerField(
        _("closing period, days"), default=35, validators=[MinValueValidator(1), MaxValueValidator(400)]
    )
    message_text = models.CharField(
        _("message text"),
        max_length=4,
        choices=[("keep", _("keep")), ("mask", _("mask")), ("drop", _("drop"))],
        default="keep",
    )
    # how long facts are kept; none: for ever
    hits_days = models.PositiveSmallIntegerField(
        _("days that hits are kept"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
    )
    texts_days = models.PositiveSmallIntegerField(
        _("days that texts of messages are kept"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(3660)],
    )
    chat_goals_tracked = models.BooleanField(_("chat goals tracked"), default=True)
    link_contacts = models.BooleanField(_("link by e-mail or phone"), default=False)
    phone_country = models.CharField(
        _("country of phone numbers"), max_length=2, blank=True, default=""
    )  # ISO 3166 alpha-2: of numbers written without +
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.name


class AccountSettings(models.Model):
    """What judging reads of an account's settings, from an instant on; never changed."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="settings_history")
    at = models.DateTimeField()
    timezone = models.CharField(max_length=64)
    inactivity_s = models.PositiveIntegerField()
    chat_goals_tracked = models.BooleanField(default=True)
    link_contacts = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "at"], name="account_settings_at")]

    def __str__(self) -> str:
        return f"{self.account_id} from {self.at.isoformat()}"


class Group(models.Model):
    """A named set of agents. One that a goal names can be archived, not deleted."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="groups")
    external_id = models.CharField(_("external id"), max_length=255)
    name = models.CharField(_("name"), max_length=255, blank=True)
    placeholder = models.BooleanField(default=False, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="group_external_id")]

    def __str__(self) -> str:
        return self.name or self.external_id


class Agent(models.Model):
    """Whoever answers conversations and can earn credit; the present values (see `AgentValues`)."""

    class Kind(models.TextChoices):
        HUMAN = "human", _("human")
        BOT = "bot", _("bot")

    account = models.ForeignKey(Account, models.CASCADE, related_name="agents")
    external_id = models.CharField(_("external id"), max_length=255)
    name = models.CharField(_("name"), max_length=255, blank=True)
    email = models.EmailField(_("e-mail"), max_length=254, blank=True)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.HUMAN)
    groups = models.ManyToManyField(Group, related_name="agents", blank=True, verbose_name=_("groups"))
    placeholder = models.BooleanField(default=False, editable=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("agent")
        verbose_name_plural = _("agents")
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="agent_external_id")]

    def __str__(self) -> str:
        return self.name or self.external_id


class AgentValues(models.Model):
    """What an agent was from an instant on; never changed. Null: nothing was recorded of it yet."""

    agent = models.ForeignKey(Agent, models.CASCADE, related_name="history")
    at = models.DateTimeField()
    name = models.CharField(max_length=255, null=True)
    email = models.CharField(max_length=254, null=True)
    kind = models.CharField(max_length=5, choices=Agent.Kind, null=True)
    groups = ArrayField(models.BigIntegerField(), null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "at"], name="agent_values_at")]

    def __str__(self) -> str:
        return f"{self.agent_id} from {self.at.isoformat()}"


class Member(models.Model):
    """A user's role in an account."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="members")
    user = models.ForeignKey(User, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=7, choices=Role)
    agent = models.OneToOneField(Agent, models.PROTECT, null=True, blank=True, related_name="member")

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["account", "user"], name="member_once"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.AGENT) | models.Q(agent__isnull=False), name="member_agent_tied"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"


class Invitation(models.Model):
    """An address asked to join an account with a role, by a link that works once. Nobody's membership yet."""

    PENDING = models.Q(accepted_at=None, withdrawn_at=None)

    account = models.ForeignKey(Account, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=7, choices=Role)
    agent = models.ForeignKey(Agent, models.PROTECT, null=True, blank=True, related_name="invitations")
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")  # none: command line
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    copied_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "email"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="invitation_pending_once",
            ),
            models.UniqueConstraint(
                fields=["agent"],
                condition=models.Q(accepted_at=None, withdrawn_at=None),
                name="invitation_agent_once",
            ),
            models.CheckConstraint(condition=CANONICAL, name="invitation_email_canonical"),
            models.CheckConstraint(
                condition=~models.Q(role=Role.AGENT) | models.Q(agent__isnull=False),
                name="invitation_agent_tied",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} ({self.role})"

    @property
    def has_ended(self) -> bool:
        """Whether its link works no more, although it was neither accepted nor withdrawn."""
        return self.expires_at <= clock.now()

    @property
    def state(self) -> str:
        """Of one that waits: "invited", or "ended" when its link works no more."""
        return "ended" if self.has_ended else "invited"


class Token(AbstractAuthToken):
    """An API token: shown once, stored hashed, never doing more than its maker may."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="tokens")
    name = models.CharField(_("name"), max_length=255)
    scope = models.CharField(_("scope"), max_length=6, choices=Scope)
    counter_number = models.BigIntegerField(_("counter"), null=True, blank=True)  # counters lie above
    parent = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, editable=False, related_name="children"
    )  # the token that made this one: it ends and is revoked with it
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects: ClassVar[models.Manager["Token"]] = models.Manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(counter_number__isnull=True) | models.Q(scope=Scope.INGEST),
                name="token_counter_only_ingest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}...)"


class UserSession(AbstractBaseSession):
    """A session of the portal, of whom, and from where it was last seen (session_store.py)."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    seen_at = models.DateTimeField()
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=300, blank=True)  # the browser's own word: its user agent

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from apps.accounts.session_store import SessionStore

        return SessionStore


class EmailChange(models.Model):
    """An address that a user wants instead of theirs, until its mailbox has answered; one at a time."""

    user = models.OneToOneField(User, models.CASCADE, related_name="email_change")
    email = models.EmailField(_("e-mail"), max_length=254)
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.user} to {self.email}"


class LoginLink(models.Model):
    """A link that signs its user in once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="login_links")
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.user} until {self.expires_at.isoformat()}"


class AttemptCount(models.Model):
    """When something was tried that a limit counts (limits.py), by one name, network or pair of them."""

    kind = models.CharField(max_length=16)
    digest = models.CharField(max_length=64)  # of the name: what is typed into its field may be a password
    times = ArrayField(models.DateTimeField(), default=list)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "digest"], name="attempt_count_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.digest[:8]}: {len(self.times)}"


class MailRequest(models.Model):
    """A mail for whoever has this address, if anybody has; a worker writes it."""

    class Kind(models.TextChoices):
        RESET = "reset", _("new password")
        LOCK_OUT = "lock-out", _("lock-out")

    email = models.CharField(max_length=254)
    kind = models.CharField(max_length=8, choices=Kind)
    created_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} for {self.email}"


class AuditEntry(models.Model):
    """Who changed what from what to what; append-only."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="audit_entries", null=True)
    at = models.DateTimeField(default=clock.now)
    user = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    actor = models.CharField(max_length=300)  # as it was called then
    address = models.GenericIPAddressField(null=True)
    action = models.CharField(max_length=64)  # "messaging_goal.activated"
    target = models.CharField(max_length=300)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit log")
        indexes = [models.Index(fields=["account", "-at"], name="audit_newest")]  # its page

    def __str__(self) -> str:
        return f"{self.at.isoformat()} {self.actor} {self.action} {self.target}"
