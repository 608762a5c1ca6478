"""What can be done with a person: link, merge, take back, give access, erase."""

from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.roles import May
from apps.backoffice.forms import Form
from apps.backoffice.pages.base import AskPage, FormPage, Paths
from apps.backoffice.tables import Column, TablePage
from apps.core.errors import NotThere, Refused
from apps.erasure import selectors as erasing
from apps.erasure import services as erasure
from apps.intake import services as intake
from apps.intake.named import FIELDS
from apps.people import selectors
from apps.people.models import Identity, Merge


class OfPerson(FormPage):
    """A form about one person of the account."""

    sees = May.MANAGE_PEOPLE
    back = "people"

    @property
    def person(self) -> int:
        number: int = self.kwargs["person_id"]
        now = selectors.owner_of(account_id=self.account_id, person_id=number)
        if now is None:
            raise NotThere
        return now

    def initial(self) -> dict[str, Any]:
        return {"person": self.person}  # no field has it: but who is not there is a 404 at once


class LinkForm(Form):
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[(name, kind.label) for name, kind in FIELDS.items()]
    )
    value = forms.CharField(label=gettext_lazy("Value"), max_length=255)


class LinkPage(OfPerson):
    title = gettext_lazy("Link an identity")
    form_class = LinkForm

    def act(self, form: Any) -> HttpResponse:
        person = self.person
        intake.link_identity(account_id=self.account_id, person_id=person, **form.cleaned_data)
        return self.go("person", person, say=_("Linked. What it changes is judged again at the next run."))


class AskOfPerson(AskPage, OfPerson):
    """A question about one person."""


class UnlinkPage(AskOfPerson):
    title = gettext_lazy("Undo links")
    button = gettext_lazy("Undo")

    @property
    def identity(self) -> Identity:
        mine = selectors.identities_of(account_id=self.account_id, person_id=self.person)
        known = mine.filter(pk=self.kwargs["identity_id"]).first()
        if known is None:
            raise NotThere
        return known

    def question(self) -> str:
        text = _(
            "Undo all that links %(kind)s %(value)s with others until now? What is seen later links again."
        )
        return text % {"kind": self.identity.get_kind_display(), "value": self.identity.value}

    def act(self, form: Any) -> HttpResponse:
        person, known = self.person, self.identity
        intake.unlink_identity(account_id=self.account_id, identity_id=known.pk, user_id=self.here.user.pk)
        return self.go("person", person, say=_("The links are undone."))


class RelinkPage(AskOfPerson):
    title = gettext_lazy("Restore links")
    button = gettext_lazy("Restore")

    def question(self) -> str:
        known = Identity.objects.filter(account_id=self.account_id, pk=self.kwargs["identity_id"]).first()
        if known is None or not self.person:
            raise NotThere
        text = _("Have all that linked %(kind)s %(value)s with others count again?")
        return text % {"kind": known.get_kind_display(), "value": known.value}

    def act(self, form: Any) -> HttpResponse:
        number = self.kwargs["identity_id"]
        intake.relink_identity(account_id=self.account_id, identity_id=number, user_id=self.here.user.pk)
        return self.go("person", self.person, say=_("The links count again."))


class MergeForm(Form):
    other = forms.IntegerField(
        label=gettext_lazy("Number of the other person"),
        min_value=1,
        max_value=2**62,
        help_text=gettext_lazy("As the list of people shows it. Whoever has a user ID is kept."),
    )


class MergePage(OfPerson):
    title = gettext_lazy("Merge with another person")
    form_class = MergeForm
    button = gettext_lazy("Merge")

    def act(self, form: Any) -> HttpResponse:
        other = selectors.owner_of(account_id=self.account_id, person_id=form.cleaned_data["other"])
        if other is None:
            raise Refused.one("other", "unknown", _("There is no such person."))
        try:
            merge = intake.merge_people(
                account_id=self.account_id, kept=self.person, gone=other, user_id=self.here.user.pk
            )
        except Refused as refused:
            raise Refused.one("other", refused.problems[0].code, refused.problems[0].detail) from refused
        return self.go("person", merge.kept_id, say=_("They are one person now."))


class UnmergePage(AskOfPerson):
    title = gettext_lazy("Take a merge back")
    button = gettext_lazy("Take back")

    @property
    def merge(self) -> Merge:
        found = Merge.objects.filter(account_id=self.account_id, pk=self.kwargs["merge_id"]).first()
        if found is None or not self.person:
            raise NotThere
        return found

    def question(self) -> str:
        return _("Make person %s somebody else again?") % self.merge.gone_id

    def act(self, form: Any) -> HttpResponse:
        intake.undo_merge(account_id=self.account_id, merge_id=self.merge.pk, user_id=self.here.user.pk)
        return self.go("person", self.person, say=_("The merge is taken back."))


class AccessPage(AskOfPerson):
    title = gettext_lazy("Give access")
    button = gettext_lazy("Download")

    def question(self) -> str:
        return _("Download all that is kept of person %s? The audit log notes it.") % self.person

    def act(self, form: Any) -> HttpResponseBase:
        person = self.person
        file = erasure.access_zip(account_id=self.account_id, person_id=person, user_id=self.here.user.pk)
        return FileResponse(file, as_attachment=True, filename=f"person-{person}.zip")


class EraseForm(Form):
    typed = forms.CharField(label=gettext_lazy("The person's number, to be sure"), max_length=20)


class ErasePage(AskOfPerson):
    title = gettext_lazy("Erase")
    does = May.RUN_ACCOUNT
    form_class = EraseForm
    button = gettext_lazy("Erase for ever")
    danger = True

    def question(self) -> str:
        text = _(
            "Delete all that is kept of person %s: pages, conversations with their texts, identities, results "
            "(closed ones too), and copies in exports and logs? It cannot be undone."
        )
        return text % self.person

    def act(self, form: Any) -> HttpResponse:
        person = self.person
        if form.cleaned_data["typed"].strip() != str(person):
            raise Refused.one("typed", "not_it", _("That is not this person's number."))
        erasure.request_erasure(account_id=self.account_id, user_id=self.here.user.pk, person_id=person)
        return self.go("erasures", say=_("The person is being erased."))


class ErasuresPage(TablePage):
    title = gettext_lazy("Erasures")
    template_name = "backoffice/erasures.html"
    sees = May.RUN_ACCOUNT
    ordering = "-asked"
    columns = (
        Column("person", gettext_lazy("Person"), numeric=True),
        Column("asked", gettext_lazy("Asked for"), ("created_at",)),
        Column("by", gettext_lazy("By")),
        Column("state", gettext_lazy("State"), ("state",)),
        Column("deleted", gettext_lazy("Rows deleted"), numeric=True),
        Column("finished", gettext_lazy("Done"), ("finished_at",)),
    )

    def rows(self, wanted: dict[str, Any]) -> Any:
        return erasing.erasures(account_id=self.account_id)


paths: Paths = [
    ("people/<id:person_id>/link/", LinkPage, "person_link"),
    ("people/<id:person_id>/identities/<id:identity_id>/undo/", UnlinkPage, "person_unlink"),
    ("people/<id:person_id>/identities/<id:identity_id>/restore/", RelinkPage, "person_relink"),
    ("people/<id:person_id>/merge/", MergePage, "person_merge"),
    ("people/<id:person_id>/merges/<id:merge_id>/undo/", UnmergePage, "person_unmerge"),
    ("people/<id:person_id>/access/", AccessPage, "person_access"),
    ("people/<id:person_id>/erase/", ErasePage, "person_erase"),
    ("erasures/", ErasuresPage, "erasures"),
]
