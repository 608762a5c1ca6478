"""A goal's form: made, read, changed."""

import re
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts import selectors as accounts
from apps.accounts.roles import May
from apps.backoffice.forms import DateInput, Form, OwnedChoices, choices_of
from apps.backoffice.pages.base import FormPage, Paths
from apps.core import money
from apps.goals import selectors, services
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.models import MAX_CONDITIONS, Condition, GoalVersion, MessagingGoal

_CONDITION = re.compile(r"conditions-(\d{1,4})-value")
_AT_CONDITION = re.compile(r"conditions\.(\d+)\.\w+")


class GoalForm(Form):
    """A goal as typed. The conditions' rows are no Django fields: they come and go in the browser."""

    name = forms.CharField(label=gettext_lazy("Name"), required=False, max_length=1000)
    name.widget.attrs["autofocus"] = True
    description = forms.CharField(
        label=gettext_lazy("Description"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    active = forms.BooleanField(
        label=gettext_lazy("Active"),
        required=False,
        widget=forms.CheckboxInput(attrs={"data-shows": "dates"}),
        help_text=gettext_lazy(
            "At most 15 goals are active at a time; ended ones count until they are deactivated."
        ),
    )
    start_date = forms.DateField(
        label=gettext_lazy("Start date"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("Cannot lie in the past, nor be changed once tracking has begun."),
    )
    end_date = forms.DateField(
        label=gettext_lazy("End date"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("The last day that counts. Empty: no end."),
    )
    groups = OwnedChoices(
        label=gettext_lazy("Groups"),
        required=False,
        widget=forms.CheckboxSelectMultiple(),
        help_text=gettext_lazy("Only agents of these groups earn credit."),
    )
    attribution = forms.ChoiceField(
        label=gettext_lazy("Attribution"),
        choices=GoalVersion.Attribution.choices,
        initial=GoalVersion.Attribution.LAST_TOUCH,
        help_text=gettext_lazy(
            "First touch credits the first agent ever assigned; last touch the agent assigned at the conversion."
        ),
    )
    window_days = forms.IntegerField(
        label=gettext_lazy("Attribution window, days"),
        initial=7,
        help_text=gettext_lazy(
            "1 to 90. In an inactive conversation the agent must have written within so many days before."
        ),
        widget=forms.NumberInput(attrs={"min": 1, "max": 90}),
    )
    transaction_value = forms.DecimalField(
        label=gettext_lazy("Transaction value"),
        required=False,
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    bots_eligible = forms.BooleanField(label=gettext_lazy("Bots can earn credit"), required=False)
    window_on_active = forms.BooleanField(
        label=gettext_lazy("The window applies to active conversations too"), required=False
    )
    all_channels = forms.BooleanField(
        label=gettext_lazy("Look at third-party bot channels and Unity too"), required=False
    )

    def __init__(self, data: Any = None, *, goal: MessagingGoal | None = None, **kwargs: Any) -> None:
        self.goal = goal
        self.condition_errors: dict[int, list[Any]] = {}
        super().__init__(data, **kwargs)
        typed = conditions_in(data) if data is not None else tuple(self.initial.get("conditions", ()))
        self.conditions = typed or (ConditionDraft("contains", ""),)
        self.typed = typed

    def prepare(self) -> None:
        assert self.here
        for name in ("name", "start_date"):
            self.fields[name].owed = True  # type: ignore[attr-defined]  # the service says so, in its words
        groups = accounts.groups(account_id=self.here.account.pk).order_by("name", "external_id")
        kept = set(self.initial.get("groups", ()))
        shown = [group for group in groups if not group.archived_at or str(group.pk) in kept]
        self.fields["groups"].choices = choices_of(shown)  # type: ignore[attr-defined]
        self.fields["transaction_value"].help_text = _("In %s, for each conversion. Empty: no value.") % (
            self.here.account.currency
        )

    def rows(self) -> list[dict[str, Any]]:
        """The conditions for the template, each with what is wrong with it."""
        return [
            {"place": place, "condition": one, "errors": self.condition_errors.get(place, [])}
            for place, one in enumerate(self.conditions)
        ]

    @property
    def condition_errors_above(self) -> list[Any]:
        """What is wrong with the conditions as a whole."""
        return self.condition_errors.get(-1, [])

    @property
    def advanced(self) -> bool:
        """Whether one of the advanced options is on."""
        return any(self[name].value() for name in ("bots_eligible", "window_on_active", "all_channels"))

    def refuse(self, refused: Any) -> None:
        """Problems of a condition belong to its row."""
        others = []
        for problem in refused.problems:
            if found := _AT_CONDITION.fullmatch(problem.field):
                self.condition_errors.setdefault(int(found[1]), []).append(problem.detail)
            elif problem.field == "conditions":
                self.condition_errors.setdefault(-1, []).append(problem.detail)
            else:
                others.append(problem)
        super().refuse(type(refused)(*others))
        if self.condition_errors:
            self.add_error(None, _("A condition needs a correction."))

    def draft(self) -> GoalDraft:
        """What the fields say."""
        said = self.cleaned_data
        plain = {key: said[key] for key in said if key not in {"groups", "start_date", "end_date"}}
        dates = {key: said[key] for key in ("start_date", "end_date")} if said["active"] else {}
        groups = tuple(int(pk) for pk in said["groups"])
        return GoalDraft(group_ids=groups, conditions=self.typed, **plain, **dates)


def conditions_in(data: QueryDict) -> tuple[ConditionDraft, ...]:
    """The rows of conditions in their order; a row left empty was never there."""
    places = sorted(int(found[1]) for key in data if (found := _CONDITION.fullmatch(key)))
    typed = []
    for place in places:
        value = data.get(f"conditions-{place}-value", "")
        operator = data.get(f"conditions-{place}-operator", "")
        category = data.get(f"conditions-{place}-category", "url")
        if value.strip():
            typed.append(ConditionDraft(operator, value, category))
    return tuple(typed)


class GoalPage(FormPage):
    """Make a goal or save its next version; analysts read it."""

    template_name = "backoffice/goal_form.html"
    back = "goals"
    goal: MessagingGoal | None = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._find(kwargs.get("goal_id"))
        if self.goal and not self.here.may(May.CONFIGURE):
            return self.show("backoffice/goal_read.html", **self._words(self.goal))
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        self._find(kwargs.get("goal_id"))
        return super().post(request, *args, **kwargs)

    def check(self) -> None:
        super().check()
        if self.request.method == "POST" or "goal_id" not in self.kwargs:
            self.need(May.CONFIGURE)

    def _find(self, goal_id: int | None) -> None:
        if goal_id is not None:
            self.goal = selectors.goal(account_id=self.account_id, goal_id=goal_id)

    def initial(self) -> dict[str, Any]:
        if self.goal is None:
            return {"start_date": self.here.today}
        version = selectors.current(self.goal)
        draft = selectors.draft_of(version)
        said = {name: getattr(draft, name) for name in selectors.PLAIN_FIELDS}
        if (value := draft.transaction_value) is not None:
            said["transaction_value"] = money.plain(value, version.currency)
        return {**said, "groups": [str(pk) for pk in draft.group_ids], "conditions": draft.conditions}

    def extra(self) -> dict[str, Any]:
        return {
            "title": selectors.current(self.goal).name if self.goal else _("New goal"),
            "goal": self.goal,
            "operators": Condition.Operator.choices,
            "categories": Condition.Category.choices,
            "most": MAX_CONDITIONS,
        }

    def act(self, form: GoalForm) -> HttpResponse:
        goal = services.save_goal(
            account_id=self.account_id,
            user_id=self.here.user.pk,
            draft=form.draft(),
            goal_id=self.goal.pk if self.goal else None,
        )
        return self.go("goals", say=_("%s is saved.") % selectors.current(goal).name)

    def _words(self, goal: MessagingGoal) -> dict[str, Any]:
        version = selectors.current(goal)
        return {
            "title": version.name,
            "goal": goal,
            "version": version,
            "groups": [str(group) for group in version.groups.order_by("name")],
            "conditions": list(version.conditions.all()),
            "shown": selectors.status_of(version=version, today=self.here.today),
        }

    def form(self, data: Any = None) -> Form:
        return GoalForm(data, goal=self.goal, initial=self.initial(), here=self.here)


paths: Paths = [
    ("goals/add/", GoalPage, "goal_add"),
    ("goals/<id:goal_id>/", GoalPage, "goal"),
]
