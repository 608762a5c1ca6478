"""Sites (or apps) being measured."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Account
from apps.core import clock


class Counter(models.Model):
    """One site being measured; its id is its public number."""

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
    user_ids = models.BooleanField(_("user IDs"), default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("counter")
        verbose_name_plural = _("counters")

    def __str__(self) -> str:
        return f"{self.name} ({self.pk})"
