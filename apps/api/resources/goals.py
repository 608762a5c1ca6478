"""messaging-goals/: the account's goals, their state, their versions, and a URL tried against conditions."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema

from apps.accounts import selectors as accounts
from apps.accounts.roles import May
from apps.api.base import Listed, Request, Response, one
from apps.api.filters import NamedFilter, YesNoFilter, filterset
from apps.api.idempotency import repeatable
from apps.api.permissions import Needs
from apps.api.problems import Named
from apps.api.resources.goal_shapes import GoalShape, UrlQuestion, UrlTestShape, VersionShape
from apps.core.errors import Problem
from apps.core.locks import Lock, take
from apps.goals import selectors, services
from apps.goals.drafts import ConditionDraft, GoalDraft
from apps.goals.models import GoalVersion, MessagingGoal

GoalFilter = filterset(
    MessagingGoal,
    {
        "active": YesNoFilter(field_name="slot", lookup_expr="isnull", exclude=True),
        "group": NamedFilter(
            lambda a: accounts.groups(account_id=a),
            "external_id",
            field_name="current__groups",
            label="group",
        ),
    },
)


class Goals(Listed):
    see, do = May.SEE_RESULTS, May.CONFIGURE
    # Trying a URL writes nothing: who may see a goal may try.
    needs_by_action = {"test": Needs(May.SEE_RESULTS, May.SEE_RESULTS, writes=False)}
    bodiless = frozenset({"activate", "deactivate", "duplicate"})
    serializer_class = GoalShape
    filterset_class = GoalFilter
    model = MessagingGoal

    def rows(self) -> QuerySet[MessagingGoal]:
        return selectors.goals(account_id=self.account_id).prefetch_related(
            "current__groups", "current__conditions"
        )

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context["today"] = accounts.today(account_id=self.account_id)
        return context

    def retrieve(self, request: Request, number: int) -> Response:
        return self.shown(one(self.rows(), pk=number))

    @repeatable
    def create(self, request: Request) -> Response:
        return self._saved(self._draft(), None, 201)

    def update(self, request: Request, number: int) -> Response:
        """Save the goal anew, whole: a new version."""
        with self.editing(pk=number):
            return self._saved(self._draft(), number)

    @extend_schema(request=GoalShape(partial=True))
    def partial_update(self, request: Request, number: int) -> Response:
        """Save the goal anew with some fields changed: a new version."""
        with self.editing(pk=number):
            goal: MessagingGoal = one(self.rows(), pk=number)
            return self._saved(self._draft(selectors.draft_of(selectors.current(goal))), number)

    def hold(self, **named: Any) -> None:
        take(Lock.GOALS, self.account_id)

    def destroy(self, request: Request, number: int) -> Response:
        """Delete the goal with its conversions; cannot be undone."""
        with self.editing(pk=number):
            services.delete(account_id=self.account_id, user_id=self.user_id, goal_id=number)
        return Response(status=204)

    @extend_schema(request=None)
    @repeatable
    def activate(self, request: Request, number: int) -> Response:
        """Start tracking: today where no start date is set."""
        return self._done(services.activate, number)

    @extend_schema(request=None)
    @repeatable
    def deactivate(self, request: Request, number: int) -> Response:
        """Stop tracking from now on."""
        return self._done(services.deactivate, number)

    @extend_schema(request=None, responses={201: GoalShape})
    @repeatable
    def duplicate(self, request: Request, number: int) -> Response:
        """Make a copy that is inactive and has no dates."""
        return self._done(services.duplicate, number, 201)

    def _done(self, service: Any, number: int, status: int = 200) -> Response:
        with self.editing(pk=number):
            goal = service(account_id=self.account_id, user_id=self.user_id, goal_id=number)
        return self.shown(goal, status)

    @extend_schema(request=UrlQuestion, responses={200: UrlTestShape})
    def test(self, request: Request) -> Response:
        """Try a URL against conditions, as typed: which of them does it meet."""
        question = UrlQuestion(data=request.data)
        question.is_valid(raise_exception=True)
        found = selectors.test_url(
            conditions=[ConditionDraft(**one) for one in question.validated_data["conditions"]],
            url=question.validated_data["url"],
        )
        return Response(UrlTestShape(found).data)

    def _draft(self, kept: GoalDraft | None = None) -> GoalDraft:
        values = self.taken(partial=kept is not None)
        if "conditions" in values:
            values["conditions"] = tuple(ConditionDraft(**each) for each in values["conditions"])
        if "groups" in values:
            values["group_ids"] = self._group_ids(values.pop("groups"))
        return GoalDraft(**{**({} if kept is None else _asdict(kept)), **values})

    def _group_ids(self, names: list[str]) -> tuple[int, ...]:
        known = dict(
            accounts.groups(account_id=self.account_id)
            .filter(external_id__in=names)
            .values_list("external_id", "pk")
        )
        unknown = [
            Problem(
                f"groups.{place}", "unknown_group", _("There is no group %(name)s.") % {"name": name[:100]}
            )
            for place, name in enumerate(names)
            if name not in known
        ]
        if unknown:
            raise Named(*unknown)
        return tuple(sorted({known[name] for name in names}))

    def _saved(self, draft: GoalDraft, number: int | None, status: int = 200) -> Response:
        goal = services.save_goal(
            account_id=self.account_id, user_id=self.user_id, draft=draft, goal_id=number
        )
        return self.shown(goal, status)


def _asdict(draft: GoalDraft) -> dict[str, Any]:
    return {name: getattr(draft, name) for name in GoalDraft.__dataclass_fields__}


class Versions(Listed):
    """A goal's versions, newest first."""

    see = do = May.SEE_RESULTS
    serializer_class = VersionShape
    ordering = ("-number",)
    model = GoalVersion

    def rows(self) -> QuerySet[GoalVersion]:
        return selectors.versions(account_id=self.account_id, goal_id=self.kwargs["number"])
