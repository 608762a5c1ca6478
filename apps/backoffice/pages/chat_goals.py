"""Chat goals: what each channel's conversations are to lead to; made, changed, deleted, and how it came about."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.accounts.roles import May
from apps.backoffice.forms import Form, OwnedChoice, choices_of
from apps.backoffice.pages.base import AskPage, FormPage, Page, Paths
from apps.backoffice.tables import Column, RowAction, TablePage
from apps.conversations.models import Channel
from apps.conversions import chat_selectors as chats
from apps.goals import chat_selectors as selectors
from apps.goals import services
from apps.goals.chat_drafts import ChatGoalDraft
from apps.goals.drafts import ConditionDraft
from apps.goals.models import ChatGoal, ChatGoalVersion, Condition
from apps.reports import chats as reports

SHOWN = 200


class ChatGoalsPage(TablePage):
    title = gettext_lazy("Chat goals")
    template_name = "backoffice/chat_goals.html"
    ordering = "channel"
    columns = (
        Column("channel", gettext_lazy("Channel"), ("channel__name", "channel__external_id")),
        Column("event", gettext_lazy("Event"), ("current__value",)),
        Column("days", gettext_lazy("Time frame"), ("current__frame_days",)),
        Column("since", gettext_lazy("Since"), ("current__valid_from",)),
        Column("rate", gettext_lazy("Achieved, 30 days"), numeric=True),
        Column("menu", ""),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[ChatGoal]:
        return selectors.chat_goals(account_id=self.account_id)

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        rates = reports.goal_rates(account_id=self.account_id)
        return [
            {
                "goal": goal,
                "version": selectors.current(goal),
                "counts": rates.get(goal.pk, reports.ChatCounts()),
                "actions": self._actions(goal),
            }
            for goal in rows
        ]

    def _actions(self, goal: ChatGoal) -> list[RowAction]:
        history = RowAction(_("History"), reverse("admin:chat_goal_history", args=[goal.pk]), dialog=False)
        if not self.here.may(May.CONFIGURE):
            return [history]
        return [
            RowAction(_("Edit"), reverse("admin:chat_goal", args=[goal.pk]), dialog=False),
            history,
            RowAction(_("Delete"), reverse("admin:chat_goal_delete", args=[goal.pk]), danger=True),
        ]

    def extra(self) -> dict[str, Any]:
        first, last = reports.shown_days(account_id=self.account_id)
        return {
            "may_configure": self.here.may(May.CONFIGURE),
            "tracked": self.here.account.chat_goals_tracked,
            "first_day": first.isoformat(),
            "last_day": last.isoformat(),
        }


class ChatGoalForm(Form):
    channel = OwnedChoice(
        label=gettext_lazy("Channel"), help_text=gettext_lazy("A channel has one chat goal at a time.")
    )
    category = forms.ChoiceField(label=gettext_lazy("What happens"), choices=Condition.Category.choices)
    operator = forms.ChoiceField(
        label=gettext_lazy("Operator"),
        choices=Condition.Operator.choices,
        help_text=gettext_lazy("An event is named whole, with is; a URL is looked for in part, or whole."),
    )
    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        widget=forms.TextInput(attrs={"dir": "ltr", "placeholder": "/thank-you", "spellcheck": "false"}),
    )
    frame_days = forms.TypedChoiceField(
        label=gettext_lazy("Time frame"),
        choices=ChatGoalVersion.Days.choices,
        coerce=int,
        initial=ChatGoalVersion.Days.SEVEN,
        help_text=gettext_lazy("Counted from the agent's first reply; the event must happen within it."),
    )

    def prepare(self) -> None:
        assert self.here
        self.fields["value"].owed = True  # type: ignore[attr-defined]  # the service says so, in its words
        channels = Channel.objects.filter(account_id=self.here.account.pk).order_by("name", "external_id")
        if fixed := self.initial.get("channel"):
            channels = channels.filter(pk=fixed)
            self.fields["channel"].disabled = True
            self.fields["channel"].help_text = _("A chat goal stays with its channel.")
        else:
            taken = selectors.chat_goals(account_id=self.here.account.pk).values("channel_id")
            channels = channels.exclude(pk__in=taken)
        self.fields["channel"].choices = choices_of(channels)  # type: ignore[attr-defined]

    def draft(self) -> ChatGoalDraft:
        """What the fields say."""
        said = self.cleaned_data
        condition = ConditionDraft(said["operator"], said["value"], said["category"])
        return ChatGoalDraft(int(said["channel"]), condition, said["frame_days"])

    def place(self, field: str) -> str | None:
        return super().place(field.removeprefix("condition."))


class ChatGoalPage(FormPage):
    """Make a channel's goal, or change it from now on."""

    template_name = "backoffice/chat_goal_form.html"
    form_class = ChatGoalForm
    does = May.CONFIGURE
    back = "chat_goals"

    def initial(self) -> dict[str, Any]:
        if "chat_goal_id" not in self.kwargs:
            return {}
        said = selectors.draft_of(
            selectors.chat_goal(account_id=self.account_id, goal_id=self.kwargs["chat_goal_id"])
        )
        one = said.condition
        return {
            "channel": str(said.channel_id),
            "category": one.category,
            "operator": one.operator,
            "value": one.value,
            "frame_days": said.frame_days,
        }

    def extra(self) -> dict[str, Any]:
        if "chat_goal_id" not in self.kwargs:
            return {"title": _("New chat goal")}
        note = _(
            "A change judges conversations that are replied to from now on; earlier ones keep their goal."
        )
        return {"title": _("Chat goal"), "note": note}

    def act(self, form: Any) -> HttpResponse:
        goal = services.save_chat_goal(
            account_id=self.account_id,
            user_id=self.here.user.pk,
            draft=form.draft(),
            goal_id=self.kwargs.get("chat_goal_id"),
        )
        return self.go("chat_goals", say=_("The chat goal of %s is saved.") % goal.channel)


class DeletePage(AskPage):
    title = gettext_lazy("Delete")
    button = gettext_lazy("Delete for good")
    does = May.CONFIGURE
    back = "chat_goals"
    danger = True

    def goal(self) -> ChatGoal:
        return selectors.chat_goal(account_id=self.account_id, goal_id=self.kwargs["chat_goal_id"])

    def extra(self) -> dict[str, Any]:
        return {**super().extra(), "title": f"{self.title}: {self.goal().channel}"}

    def question(self) -> str:
        states = chats.chat_states(account_id=self.account_id).filter(goal_id=self.goal().pk)
        count = states.count()
        going = ngettext(
            "The state of %(count)d conversation goes with it.",
            "The states of %(count)d conversations go with it.",
            count,
        ) % {"count": count}
        return _("This cannot be undone.") + " " + going

    def act(self, form: Any) -> HttpResponse:
        goal = self.goal()
        services.delete_chat_goal(account_id=self.account_id, user_id=self.here.user.pk, goal_id=goal.pk)
        return self.go("chat_goals", say=_("The chat goal of %s is deleted.") % goal.channel)


class HistoryPage(Page):
    template_name = "backoffice/chat_goal_history.html"

    def get(self, request: HttpRequest, chat_goal_id: int) -> HttpResponseBase:
        goal = selectors.chat_goal(account_id=self.account_id, goal_id=chat_goal_id)
        versions = selectors.chat_versions(account_id=self.account_id, goal_id=chat_goal_id)[:SHOWN]
        return self.show(
            title=_("History of %s") % goal.channel,
            goal=goal,
            rows=list(versions),
            may_configure=self.here.may(May.CONFIGURE),
        )


paths: Paths = [
    ("chat-goals/", ChatGoalsPage, "chat_goals"),
    ("chat-goals/add/", ChatGoalPage, "chat_goal_add"),
    ("chat-goals/<id:chat_goal_id>/", ChatGoalPage, "chat_goal"),
    ("chat-goals/<id:chat_goal_id>/delete/", DeletePage, "chat_goal_delete"),
    ("chat-goals/<id:chat_goal_id>/history/", HistoryPage, "chat_goal_history"),
]
