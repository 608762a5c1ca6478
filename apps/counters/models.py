"""Sites (or apps) being measured."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Account
from apps.core import clock

LEAST_TIMEOUT_S, MOST_TIMEOUT_S = 1800, 6 * 3600


class Consent(models.TextChoices):
    """When the tag may know a visitor again."""

    NOT_REQUIRED = "not_required", _("not required")
    REQUIRED = "required", _("required for everything")
    BY_CATEGORY = "by_category", _("by category")


class WithoutConsent(models.TextChoices):
    """What is counted of a visitor who has not agreed."""

    COOKIELESS = "cookieless", _("page views, without knowing the visitor again")
    NOTHING = "nothing", _("nothing")


def _timeout_bounds(of: str) -> models.CheckConstraint:
    allowed = Q(visit_timeout_s__gte=LEAST_TIMEOUT_S) & Q(visit_timeout_s__lte=MOST_TIMEOUT_S)
    return models.CheckConstraint(condition=allowed, name=f"{of}_visit_timeout")


def _known_words(of: str) -> models.CheckConstraint:
    allowed = Q(consent__in=Consent.values) & Q(without_consent__in=WithoutConsent.values)
    return models.CheckConstraint(condition=allowed, name=f"{of}_consent_words")


class Settings(models.Model):
    """How a counter takes hits: visits go by what held at the hit's time, consent by what held at its arrival."""

    visit_timeout_s = models.PositiveIntegerField(
        _("visit timeout, seconds"),
        default=LEAST_TIMEOUT_S,
        db_default=LEAST_TIMEOUT_S,
        validators=[MinValueValidator(LEAST_TIMEOUT_S), MaxValueValidator(MOST_TIMEOUT_S)],
    )
    consent = models.CharField(
        _("consent"),
        max_length=12,
        choices=Consent,
        default=Consent.NOT_REQUIRED,
        db_default=Consent.NOT_REQUIRED,
    )
    without_consent = models.CharField(
        _("counted without consent"),
        max_length=10,
        choices=WithoutConsent,
        default=WithoutConsent.COOKIELESS,
        db_default=WithoutConsent.COOKIELESS,
    )
    respect_dnt = models.BooleanField(_("respect Do Not Track"), default=False, db_default=False)
    respect_gpc = models.BooleanField(_("respect Global Privacy Control"), default=False, db_default=False)

    class Meta:
        abstract = True


class Counter(Settings):
    """One site being measured; its id is its public number. The present settings (see `CounterSettings`)."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="counters")
    name = models.CharField(_("name"), max_length=255)
    site = models.URLField(_("site"), max_length=500)  # scheme and host, no path
    allowed_origins = ArrayField(
        models.CharField(max_length=500),
        default=list,
        blank=True,
        verbose_name=_("allowed origins"),
        help_text=_("Origins beside the site's own that may send hits from a browser."),
    )
    excluded_referrers = ArrayField(
        models.CharField(max_length=253),
        default=list,
        blank=True,
        verbose_name=_("excluded referrers"),
        help_text=_("Hosts of sign-in and payment pages, with all below them: a visit goes on over them."),
    )
    user_ids = models.BooleanField(_("user IDs"), default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")
        constraints: ClassVar = [_timeout_bounds("counter"), _known_words("counter")]

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"


class CounterSettings(Settings):
    """A counter's settings from an instant on; never changed. The first row holds since ever."""

    counter = models.ForeignKey(Counter, models.CASCADE, related_name="settings_history")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["counter", "at"], name="counter_settings_at"),
            _timeout_bounds("counter_settings"),
            _known_words("counter_settings"),
        ]

    def __str__(self) -> str:
        return f"{self.counter_id} from {self.at.isoformat()}"
