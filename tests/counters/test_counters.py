"""Counters: their sites, origins and limits."""

import pytest

from apps.accounts.models import AuditEntry
from apps.core.errors import NotThere, Refused
from apps.counters import selectors, services
from tests import factories


def test_excluded_referrers_are_hosts_and_the_right_form_is_offered(cast):
    made = factories.a_counter(
        cast.account, excluded_referrers=["pay.bank.example", "xn--mnchen-3ya.example"]
    )
    assert made.excluded_referrers == ["pay.bank.example", "xn--mnchen-3ya.example"]
    for wrong, code, offered in [
        ("https://Pay.Bank.example/3ds", "not_normal", "pay.bank.example"),
        ("münchen.example", "not_normal", "xn--mnchen-3ya.example"),
        ("localhost", "no_host", ""),
        ("", "no_host", ""),
        ("a\0.example", "not_storable", ""),
    ]:
        with pytest.raises(Refused) as refused:
            factories.a_counter(cast.account, excluded_referrers=["ok.example", wrong])
        (problem,) = refused.value.problems
        assert (problem.field, problem.code) == ("excluded_referrers.1", code)
        assert offered in str(problem.detail)


def test_a_counter_gets_a_public_number_of_eight_digits(cast):
    assert len(str(cast.counter.pk)) == 8
    assert selectors.counter(account_id=cast.account.pk, number=cast.counter.pk) == cast.counter


@pytest.mark.parametrize(
    ("site", "code", "offer"),
    [
        ("https://shop.example/", "not_normal", "https://shop.example?"),
        ("https://shop.example/de/start?x=1#y", "not_normal", "https://shop.example?"),
        ("HTTPS://Shop.Example", "not_normal", "https://shop.example?"),
        ("https://shop.example:443", "not_normal", "https://shop.example?"),
        ("https://me:secret@shop.example", "not_normal", "https://shop.example?"),
        ("https://münchen.example", "not_normal", "https://xn--mnchen-3ya.example?"),
        ("http://evil.example\\@good.example/", "not_normal", "http://evil.example?"),
        ("shop.example", "no_origin", "https://shop.example?"),
        ("ftp://shop.example", "no_origin", None),
        ("javascript:alert(1)", "no_origin", None),
        ("", "no_origin", None),
        ("https://", "no_origin", None),
        ("https://a\x00b", "not_storable", None),
        ("https://" + "a" * 600 + ".example", "too_long", None),
    ],
)
def test_a_site_is_scheme_and_host_and_the_right_form_is_offered(cast, site, code, offer):
    for field, values in (("site", {"site": site}), ("allowed_origins.0", {"allowed_origins": [site]})):
        with pytest.raises(Refused) as refused:
            services.save_counter(account_id=cast.account.pk, user_id=None, number=cast.counter.pk, **values)
        (problem,) = refused.value.problems
        assert (problem.field, problem.code) == (field, code)
        assert ("Did you mean" in str(problem.detail)) == (offer is not None)
        assert not offer or str(problem.detail).endswith(offer)


@pytest.mark.parametrize(
    "site", ["https://shop.example", "http://localhost:8080", "http://192.0.2.1", "http://[::1]:81"]
)
def test_good_sites_are_taken_as_they_are(cast, site):
    assert factories.a_counter(cast.account, site, allowed_origins=[site]).site == site


def test_a_change_is_noted_with_what_it_was(cast):
    AuditEntry.objects.all().delete()
    by = {"account_id": cast.account.pk, "user_id": cast.owner.user_id, "number": cast.counter.pk}
    services.save_counter(**by, name="Shop 2", user_ids=False)
    services.save_counter(**by, name="Shop 2")
    rows = AuditEntry.objects.values_list("action", "before", "after")
    assert list(rows) == [
        ("counter.changed", {"name": "Web shop", "user_ids": True}, {"name": "Shop 2", "user_ids": False})
    ]


def test_an_archived_counter_is_gone_but_not_forgotten(cast):
    by = {"account_id": cast.account.pk, "user_id": None, "number": cast.counter.pk}
    services.archive_counter(**by)
    for call in (services.archive_counter, services.save_counter):
        with pytest.raises(NotThere):
            call(**by)
    with pytest.raises(NotThere):
        selectors.counter(account_id=cast.account.pk, number=cast.counter.pk)
    assert (
        selectors.counter(account_id=cast.account.pk, number=cast.counter.pk, archived=True) == cast.counter
    )


def test_counters_of_another_account_are_not_there(cast):
    with pytest.raises(NotThere):
        selectors.counter(account_id=cast.account.pk, number=cast.other_counter.pk)
    with pytest.raises(NotThere):
        services.save_counter(
            account_id=cast.account.pk, user_id=None, number=cast.other_counter.pk, name="x"
        )
    with pytest.raises(NotThere):
        services.make_counter(account_id=0, user_id=None, name="x", site="https://shop.example")


def test_at_most_a_hundred_origins(cast):
    with pytest.raises(Refused) as refused:
        factories.a_counter(cast.account, allowed_origins=["https://shop.example"] * 101)
    assert refused.value.problems[0].code == "too_many"
