"""States of chats in words: one sentence for each inquiry, by the rule that decided it."""

from collections.abc import Callable, Mapping

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.conversions.frames import Chat, Inquiry, State, Version, Why
from apps.core import clock
from apps.goals.models import ChatGoalVersion

Names = Callable[[int, int], str]
"""What an agent was called at an instant."""


def instant(us: int) -> str:
    """An instant, in the time zone of the moment."""
    return date_format(timezone.localtime(clock.from_us(us)), "Y-m-d H:i:s")


def goal(version: ChatGoalVersion) -> str:
    """What a version asks for."""
    days = ngettext("within %(days)d day", "within %(days)d days", version.frame_days)
    return _("%(event)s, %(within)s of the first reply") % {
        "event": condition(version),
        "within": days % {"days": version.frame_days},
    }


def condition(version: ChatGoalVersion) -> str:
    """The event that is to happen."""
    if version.category == "event":
        return _("the event %s") % version.value
    if version.operator == "is":
        return _("a view of %s") % version.value
    return _("a view of a page whose URL contains %s") % version.value


def explain(chat: Chat, versions: Mapping[int, ChatGoalVersion], names: Names) -> list[str]:
    """Why the conversation shows what it shows: a sentence of its own, then one for each inquiry, newest first."""
    return [_conversation(chat), *(_inquiry(one, versions, names) for one in reversed(chat.inquiries))]


def _conversation(chat: Chat) -> str:
    if not chat.inquiries:
        return _("Nothing has been said yet.")
    if chat.shown is None:
        if chat.state is State.NONE:
            return _NOT_JUDGED[chat.why]()
        return _("In process: no agent has replied to the person yet.")
    if chat.state is State.IN_PROCESS and chat.shown.state is State.MISSED:
        return _("In process: the person has asked again since the goal was missed, and waits for a reply.")
    if chat.state is State.ACHIEVED and chat.shown.version is None:
        return _("Achieved: the goal stays achieved whatever follows.")
    if chat.state is State.NONE:
        return _NOT_JUDGED[chat.why]()
    return _CONVERSATION[chat.state]()


def _inquiry(one: Inquiry, versions: Mapping[int, ChatGoalVersion], names: Names) -> str:
    said = versions[one.version.version] if isinstance(one.version, Version) else None
    values = {
        "number": one.number,
        "began": instant(one.began_at),
        "replied": "" if one.replied_at is None else instant(one.replied_at),
        "agent": names(one.agent, one.replied_at or 0) or _("an agent that is not named"),
        "version": said.number if said else 0,
        "goal": goal(said) if said else "",
        "ends": "" if one.frame_ends_at is None else instant(one.frame_ends_at),
        "achieved": instant(one.reach.time) if one.reach else "",
        "hit": one.reach.hit if one.reach else "",
    }
    case = "ended_unanswered" if one.why is Why.NO_REPLY and one.ended_at is not None else str(one.why)
    return _INQUIRY[case]() % values


# Called, not looked up: the language is that of the moment.
_CONVERSATION = {
    State.IN_PROCESS: lambda: _("In process: the time frame is open and the event has not happened."),
    State.ACHIEVED: lambda: _("Achieved: the event happened within the time frame."),
    State.MISSED: lambda: _("Missed: the time frame ended without the event."),
}
_NOT_JUDGED = {
    Why.NO_GOAL: lambda: _("None: no chat goal applies to this conversation."),
    Why.SWITCHED_OFF: lambda: _(
        "None: the account does not track chat goals, or did not at the first reply."
    ),
    Why.DELETED: lambda: _("None: the chat goal was deleted."),
}
_INQUIRY = {
    "ended_unanswered": lambda: _(
        "Inquiry %(number)d, begun %(began)s, ended without a reply of a human agent to the person."
    ),
    Why.NO_REPLY: lambda: _("Inquiry %(number)d, begun %(began)s: no first reply yet."),
    Why.NO_GOAL: lambda: _("Inquiry %(number)d, begun %(began)s: no chat goal was in force."),
    Why.SWITCHED_OFF: lambda: _(
        "Inquiry %(number)d, begun %(began)s: the account did not track chat goals then."
    ),
    Why.DELETED: lambda: _("Inquiry %(number)d, begun %(began)s: the goal that judged it was deleted."),
    Why.ALREADY_ACHIEVED: lambda: _(
        "Inquiry %(number)d, begun %(began)s, is not judged: the goal was achieved before, and neither its"
        " condition nor its days have changed since."
    ),
    Why.FRAME_OPEN: lambda: _(
        "Inquiry %(number)d: %(agent)s gave the first reply %(replied)s; version %(version)d, %(goal)s,"
        " judges it until %(ends)s."
    ),
    Why.ACHIEVED: lambda: _(
        "Inquiry %(number)d: %(agent)s gave the first reply %(replied)s; version %(version)d, %(goal)s,"
        " was achieved %(achieved)s by hit %(hit)s."
    ),
    Why.FRAME_ENDED: lambda: _(
        "Inquiry %(number)d: %(agent)s gave the first reply %(replied)s; version %(version)d, %(goal)s,"
        " was missed: the time frame ended %(ends)s."
    ),
    Why.NEW_REPLY: lambda: _(
        "Inquiry %(number)d: %(agent)s gave the first reply %(replied)s; version %(version)d, %(goal)s,"
        " was missed: the first reply to the next inquiry ended its time frame."
    ),
}
