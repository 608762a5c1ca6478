"""Decisions in words: one sentence for each rule that took or dropped a candidate."""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.conversions.attribution import DAY_US, Rule, Terms, Verdict


def model(terms: Terms) -> str:
    """How the goal gives credit."""
    if terms.first_touch:
        return _("First touch: the first agent ever assigned.")
    return _("Last touch: the agent assigned at the moment of the hit.")


def duration(us: int) -> str:
    """A length of time, to the second: `2 d 3:04:05`."""
    whole = timedelta(seconds=us // 1_000_000)
    clock = str(timedelta(seconds=whole.seconds))
    return _("%(days)d d %(clock)s") % {"days": whole.days, "clock": clock} if whole.days else clock


def verdict(one: Verdict, t: int, terms: Terms, *, agent: str, group: str) -> str:
    """Why the conversation earned its agent the credit, or did not."""
    state = _("active") if one.active else _("inactive")
    days = terms.window_us // DAY_US
    window = ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    values = {
        "agent": agent,
        "group": group,
        "state": state,
        "window": window,
        "contact": duration(t - one.held_since),
        "wrote": "" if one.wrote_at is None else duration(t - one.wrote_at),
    }
    return _SENTENCES[_case(one)]() % values


def _case(one: Verdict) -> str:
    if one.rule is Rule.CREDITED:
        return "credited_active" if one.active else "credited_inactive"
    if one.rule is Rule.NO_MESSAGE_IN_WINDOW and one.wrote_at is None:
        return "never_wrote"
    return str(one.rule)


# Called, not looked up: the language is that of the moment.
_SENTENCES = {
    "credited_active": lambda: _(
        "%(agent)s (%(group)s) earned the credit: the conversation was active."
        " Assigned %(contact)s before the hit."
    ),
    "credited_inactive": lambda: _(
        "%(agent)s (%(group)s) earned the credit: the conversation was inactive, and %(agent)s wrote"
        " %(wrote)s before the hit, within %(window)s. Assigned %(contact)s before the hit."
    ),
    Rule.LATER_MESSAGE_ELSEWHERE: lambda: _(
        "%(agent)s (%(group)s) was eligible, but another conversation that yields an agent had"
        " the later message (on a tie, it began later)."
    ),
    Rule.CHANNEL_EXCLUDED: lambda: _(
        "The channel is a third-party bot or Unity; this goal does not look there."
    ),
    Rule.NEVER_ASSIGNED: lambda: _(
        "No agent had ever been assigned (bots are passed over unless the goal says so)."
    ),
    Rule.NOBODY_HOLDS: lambda: _("Nobody was assigned at the moment of the hit."),
    Rule.BOT_HOLDS: lambda: _("%(agent)s, a bot, was assigned, and bots are not eligible."),
    Rule.OTHER_GROUP: lambda: _(
        "%(agent)s was assigned for %(group)s, which is not one of the goal's groups."
    ),
    Rule.NOT_A_MEMBER: lambda: _(
        "%(agent)s was assigned without a group and belonged to none of the goal's groups then."
    ),
    Rule.NO_MESSAGE_IN_WINDOW: lambda: _(
        "The conversation was %(state)s, and %(agent)s last wrote %(wrote)s before the hit:"
        " not within %(window)s."
    ),
    "never_wrote": lambda: _(
        "The conversation was %(state)s, and %(agent)s had sent no public message in it (notes do not count)."
    ),
}
