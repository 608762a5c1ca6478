"""Pages of who and where: agents, groups, channels, counters; how their lists are read."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import Agent, Group
from apps.conversations.models import Channel
from apps.counters.models import Counter
from apps.intake import registry
from tests import factories
from tests.backoffice.reading import html


def test_agents_are_made_changed_and_deleted(cast, owner):
    said = {
        "external_id": "cho",
        "name": "조민준",
        "email": "cho@shop.example",
        "kind": "human",
        "groups": ["sales"],
    }
    owner.post("/admin/agents/add/", said)
    agent = Agent.objects.get(external_id="cho")
    assert list(agent.groups.all()) == [cast.sales]
    owner.post(
        f"/admin/agents/{agent.pk}/", {**said, "external_id": "forged", "name": "Cho", "groups": ["support"]}
    )
    agent.refresh_from_db()
    assert (agent.external_id, agent.name, list(agent.groups.all())) == ("cho", "Cho", [cast.support])
    html(owner, "/admin/")  # reads the messages
    assert "조민준" not in html(owner, "/admin/agents/?q=cho")
    owner.post(f"/admin/agents/{agent.pk}/delete/")
    assert owner.get(f"/admin/agents/{agent.pk}/").status_code == 404
    refused = owner.post("/admin/agents/add/", {**said, "email": "no address"})
    assert (refused.status_code, set(refused.context["form"].errors)) == (422, {"email"})
    assert owner.post("/admin/agents/add/", {**said, "groups": ["other-sales"]}).status_code == 404


def test_groups_are_made_renamed_and_archived(cast, owner):
    owner.post("/admin/groups/add/", {"external_id": "vip", "name": "VIP"})
    group = Group.objects.get(external_id="vip")
    owner.post(f"/admin/groups/{group.pk}/", {"name": "Very important"})
    owner.post(f"/admin/groups/{group.pk}/archive/")
    group.refresh_from_db()
    assert group.name == "Very important"
    assert group.archived_at
    html(owner, "/admin/")  # reads the messages
    assert "Very important" not in html(owner, "/admin/goals/add/")  # not to be chosen any more
    assert owner.post(f"/admin/groups/{cast.other_group.pk}/archive/").status_code == 404


def test_channels_say_what_kind_they_are(cast, owner):
    owner.post("/admin/channels/add/", {"external_id": "bot", "name": "Bot", "kind": "third_party_bot"})
    assert Channel.objects.get().kind == "third_party_bot"
    assert "only where a goal asks for it" in html(owner, "/admin/channels/")


def test_a_counter_leads_to_its_page_about_cookies(cast, owner):
    page = f"/cookies/{cast.counter.pk}/"
    sending = owner.get(f"/admin/counters/{cast.counter.pk}/send/").content.decode()
    assert f'href="{page}"' in sending
    assert f'{page}?embed=1" title=' in sending
    assert "https://shop.example/?goalline_optout=1" in sending
    assert f'href="{page}"' in owner.get("/admin/counters/").content.decode()
    assert owner.get(page).status_code == 200


def test_counters_are_made_and_say_how_hits_are_sent(cast, owner):
    said = {
        "name": "Blog",
        "site": "https://blog.example",
        "allowed_origins": "https://a.example\n\nhttps://b.example",
        "excluded_referrers": "pay.example.com\n",
        "visit_timeout_s": "3600",
        "consent": "by_category",
        "without_consent": "nothing",
        "respect_gpc": "on",
    }
    answer = owner.post("/admin/counters/add/", said, follow=True)
    counter = Counter.objects.get(name="Blog")
    assert counter.allowed_origins == ["https://a.example", "https://b.example"]
    assert counter.excluded_referrers == ["pay.example.com"]
    assert not counter.user_ids
    assert (counter.visit_timeout_s, counter.consent, counter.without_consent) == (
        3600,
        "by_category",
        "nothing",
    )
    assert counter.respect_gpc
    assert not counter.respect_dnt
    odd = {"visit_timeout_s": "60", "consent": "perhaps"}
    refused = owner.post(f"/admin/counters/{counter.pk}/", {**said, **odd})
    assert set(refused.context["form"].errors) == set(odd)
    assert f"/tag/{counter.pk}.js" in answer.content.decode()
    refused = owner.post(f"/admin/counters/{counter.pk}/", {**said, "allowed_origins": "nonsense"})
    assert set(refused.context["form"].errors) == {"allowed_origins"}
    owner.post(f"/admin/counters/{counter.pk}/archive/")
    assert owner.get(f"/admin/counters/{counter.pk}/").status_code == 404
    assert "This counter is archived" in html(owner, f"/admin/counters/{counter.pk}/send/")


@pytest.mark.parametrize("path", ["agents", "groups", "channels", "counters", "members", "tokens", "audit"])
def test_a_list_asks_the_same_number_of_questions_however_long_it_is(cast, owner, path):
    def questions() -> int:
        with CaptureQueriesContext(connection) as asked:
            html(owner, f"/admin/{path}/")
        return len(asked)

    before = questions()
    for number in range(12):
        group = factories.a_group(cast.account, f"group{number}")
        factories.an_agent(cast.account, f"agent{number}", group, cast.sales)
        registry.save_channel(account_id=cast.account.pk, external_id=f"channel{number}")
        factories.a_counter(cast.account, name=f"Counter {number}")
        member = factories.a_member(cast.account, "analyst", f"more{number}@shop.example")
        factories.a_token(member, name=f"Token {number}")
    assert questions() <= before + 1  # the groups of agents, where there were none


def test_a_long_list_is_paged(cast, owner):
    for number in range(120):
        factories.a_group(cast.account, f"group{number:03d}")
    seen: list[str] = []
    query = "?o=id"
    while query:
        answer = owner.get(f"/admin/groups/{query}")
        seen += [row["group"].external_id for row in answer.context["rows"]]
        query = answer.context["after"]
    assert len(seen) == len(set(seen)) == 122
    assert owner.get("/admin/groups/?page=900").context["before"] is None  # as addresses once were
