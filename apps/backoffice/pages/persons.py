"""People: found by any of their names, with all that is known of them."""

from typing import Any

from django import forms
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.base import Page, Paths
from apps.backoffice.tables import Column, TablePage
from apps.conversations.models import Conversation
from apps.conversions.selectors import counted, encode_id, of_person
from apps.core.errors import NotThere
from apps.intake.named import FIELDS, Named, named
from apps.people import selectors
from apps.people.models import Identity, Merge, Person
from apps.people.pairs import pairs_of
from apps.reports.visitors import visitor_card
from apps.visits.selectors import visits_of

SHOWN = 20
KINDS = [("ticket", gettext_lazy("Ticket")), *((name, kind.label) for name, kind in FIELDS.items())]


class PeopleFilters(Form):
    by = forms.ChoiceField(label=gettext_lazy("Known by"), choices=KINDS, required=False)
    q = forms.CharField(label=gettext_lazy("Is"), required=False, max_length=255)


class PeoplePage(TablePage):
    title = gettext_lazy("People")
    template_name = "backoffice/people.html"
    sees = May.MANAGE_PEOPLE
    filters = PeopleFilters
    ordering = "-known"
    columns = (
        Column("names", gettext_lazy("Known as")),
        Column("number", gettext_lazy("Number"), numeric=True),
        Column("known", gettext_lazy("Known since"), ("created_at",)),
    )

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Person]:
        people = selectors.people(account_id=self.account_id)
        if text := wanted.get("q"):
            people = people.filter(pk__in=self._found(wanted.get("by") or "ticket", text))
        return people

    def _found(self, by: str, text: str) -> list[int]:
        if by == "ticket":
            same = Conversation.objects.filter(account_id=self.account_id, ticket=text)
            return [person for person in same.values_list("person_id", flat=True) if person]
        known = named(by, text, country=self.here.account.phone_country)
        value = known.value if isinstance(known, Named) else text
        person = selectors.named(account_id=self.account_id, kind=FIELDS[by], value=value)
        return [person] if person else []

    def decorate(self, rows: list[Any]) -> list[dict[str, Any]]:
        ids = [person.pk for person in rows]
        mine = Identity.objects.filter(account_id=self.account_id)
        mine = mine.filter(Q(owner_id__in=ids) | Q(owner_id=0, person_id__in=ids)).order_by("kind", "pk")
        names: dict[int, list[Identity]] = {}
        for one in mine[: 10 * len(ids)]:
            names.setdefault(one.owner_id or one.person_id, []).append(one)
        return [{"person": person, "names": names.get(person.pk, [])[:5]} for person in rows]


class PersonPage(Page):
    """All that is known of somebody. Who was linked to another person leads to that one."""

    title = gettext_lazy("Person")
    template_name = "backoffice/person.html"
    sees = May.MANAGE_PEOPLE

    def get(self, request: HttpRequest, person_id: int) -> HttpResponseBase:
        now = selectors.owner_of(account_id=self.account_id, person_id=person_id)
        if now is None:
            raise NotThere
        if now != person_id:
            return HttpResponseRedirect(reverse("admin:person", args=[now]))
        mine = {"account_id": self.account_id, "person_id": person_id}
        known = list(selectors.identities_of(**mine))
        results = of_person(rows=counted(account_id=self.account_id), **mine).order_by("-time")[:SHOWN]
        return self.show(
            title=_("Person %s") % person_id,
            person_id=person_id,
            identities=known,
            links=self._links(known),
            card=_rows(visitor_card(**mine)),
            merges=Merge.objects.filter(account_id=self.account_id, kept_id=person_id, undone_at=None),
            visits=visits_of(**mine)[:SHOWN],
            chats=Conversation.objects.filter(**mine).select_related("channel").order_by("-last_at")[:SHOWN],
            results=[{"row": one, "id": _id(one)} for one in results],
            may_erase=self.here.may(May.RUN_ACCOUNT),
        )

    def _links(self, known: list[Identity]) -> list[dict[str, Any]]:
        pairs = pairs_of(account_id=self.account_id, identities=known)
        ends = {end for pair in pairs for end in (pair.one, pair.other)}
        names = Identity.objects.filter(account_id=self.account_id).in_bulk(ends)
        return [{"pair": pair, "one": names[pair.one], "other": names[pair.other]} for pair in pairs]


def _id(one: Any) -> str:
    return encode_id(goal_id=one.goal_id, counter_id=one.counter_id, time=one.time, hit_id=one.hit_id)


def _rows(card: Any) -> list[tuple[Any, Any]]:
    """What the card knows, in words."""
    values = [(label, getattr(card, name)) for name, label in CARD]
    return [(label, _listed(value)) for label, value in values if value not in (None, "", 0, (), {})]


def _listed(value: Any) -> Any:
    return ", ".join(value) if isinstance(value, tuple) else value


CARD = (
    ("name", gettext_lazy("Name")),
    ("phone", gettext_lazy("Phone")),
    ("email", gettext_lazy("E-mail")),
    ("description", gettext_lazy("Description")),
    ("introduced", gettext_lazy("Introduced")),
    ("first_visit_at", gettext_lazy("First visit")),
    ("last_visit_at", gettext_lazy("Last visit")),
    ("last_seen_at", gettext_lazy("Last seen")),
    ("visits", gettext_lazy("Visits")),
    ("pages", gettext_lazy("Pages viewed")),
    ("events", gettext_lazy("Events")),
    ("came_by", gettext_lazy("Came by")),
    ("referrer", gettext_lazy("Source of entry")),
    ("landing_page", gettext_lazy("Landing page")),
    ("utm", gettext_lazy("Campaign (UTM)")),
    ("click_ids", gettext_lazy("Click IDs")),
    ("country", gettext_lazy("Country")),
    ("city", gettext_lazy("City")),
    ("device", gettext_lazy("Device")),
    ("browser", gettext_lazy("Browser")),
    ("os", gettext_lazy("System")),
    ("language", gettext_lazy("Language")),
    ("messengers", gettext_lazy("Messengers")),
    ("invited_at", gettext_lazy("Proactive invitation")),
    ("widget_closed_at", gettext_lazy("Widget closed")),
    ("callback_asked_at", gettext_lazy("Callback asked for")),
    ("blacklisted", gettext_lazy("Blacklisted")),
    ("ab_group", gettext_lazy("A/B group")),
    ("department", gettext_lazy("Department")),
    ("priority_agent", gettext_lazy("Priority agent")),
    ("rated", gettext_lazy("Rated a chat")),
    ("last_message", gettext_lazy("Last message")),
    ("last_message_at", gettext_lazy("Last message at")),
    ("previous_sign_in", gettext_lazy("Previous sign-in")),
)

paths: Paths = [
    ("people/", PeoplePage, "people"),
    ("people/<id:person_id>/", PersonPage, "person"),
]
