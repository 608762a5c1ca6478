"""Agents, groups, channels, counters, goals, settings: what people set up."""

from functools import partial

from apps.accounts.models import Account, AccountSettings, Agent, AgentValues, AuditEntry, Group, Token
from apps.conversations.models import Channel, ChannelKind
from apps.core.errors import Refused
from apps.counters.models import Counter, CounterSettings
from apps.counters.services import mail_snippet
from apps.goals.models import ChatGoal, GoalVersion, MessagingGoal
from apps.mail.models import Mail
from tests import factories
from tests.api import bodies
from tests.concurrency.doors import Case, door
from tests.concurrency.shop import Answer, Shop, statuses

AGENT = {"external_id": "ana", "name": "Ana", "email": "", "kind": "human", "groups": ["new"]}


def refusals(shop: Shop, action: str) -> int:
    return AuditEntry.objects.filter(account=shop.account, action=action).count()


@door("POST agents/: one external id", "agent_external_id, the agent's row")
def one_agent(shop: Shop) -> Case:
    answers = yield [shop.act("POST", "agents/", {**AGENT, "name": f"Ana {n}"}) for n in range(40)]
    assert statuses(answers) == {201: 1, 200: 39}
    agent = Agent.objects.get(account=shop.account)
    history = AgentValues.objects.filter(agent=agent)
    assert history.count() == 40
    assert history.latest("at").name == agent.name


@door("POST agents/: a human and a bot in turn", "the agent's row, the goal lock; judged again")
def one_kind(shop: Shop) -> Case:
    answers = yield [
        shop.act("POST", "agents/", {**AGENT, "kind": "bot" if n % 2 else "human"}) for n in range(40)
    ]
    assert statuses(answers) == {201: 1, 200: 39}
    agent = Agent.objects.get(account=shop.account)
    assert AgentValues.objects.filter(agent=agent).latest("at").kind == agent.kind


@door("POST groups/: one external id", "group_external_id, the group's row")
def one_group(shop: Shop) -> Case:
    answers = yield [shop.act("POST", "groups/", {"external_id": "new", "name": "New"})] * 40
    assert statuses(answers) == {201: 1, 200: 39}
    assert Group.objects.filter(account=shop.account, external_id="new").count() == 1


@door("POST channels/: one external id", "channel_external_id, the channel's row")
def one_channel(shop: Shop) -> Case:
    kinds = ["web", "ios", "viber", "email"]
    answers = yield [
        shop.act("POST", "channels/", {"external_id": "new", "name": "New", "kind": kinds[n % 4]})
        for n in range(40)
    ]
    assert statuses(answers) == {201: 1, 200: 39}
    channel = Channel.objects.get(account=shop.account)
    assert ChannelKind.objects.filter(channel=channel).latest("at").kind == channel.kind


@door("POST agents/ while events name the same agent, group and channel", "inserts in one order")
def agents_and_events(shop: Shop) -> Case:
    acts = [shop.act("POST", "agents/", {**AGENT, "external_id": f"a{n % 4}", "groups": [f"g{n % 3}"]}) for n in range(20)]  # fmt: skip
    acts += [
        shop.act("POST", "conversation-events/", {"events": [shop.event(type="assignment", author=None, agent=f"a{m}", group=f"g{(n + m) % 3}") for m in range(4)]})
        for n in range(20)
    ]  # fmt: skip
    answers = yield acts
    assert set(statuses(answers)) <= {200, 201, 202}
    assert Agent.objects.filter(account=shop.account).count() == 4


@door("DELETE agents/{external_id}/", "the agent's row")
def retired_agent(shop: Shop) -> Case:
    shop.made("agents/", AGENT)
    answers = yield [shop.act("DELETE", "agents/ana/")] * 40
    assert statuses(answers) == {204: 1, 404: 39}


@door("PATCH accounts/{id}/", "the goal lock, the account's row")
def settings(shop: Shop) -> Case:
    zones = ["Europe/Berlin", "Asia/Tokyo", "UTC", "America/Lima"]
    answers = yield [
        shop.act("PATCH", f"accounts/{shop.account.pk}/", {"timezone": zones[n % 4], "inactivity_s": 60 + n})
        for n in range(40)
    ]
    assert statuses(answers) == {200: 40}
    account = Account.objects.get(pk=shop.account.pk)
    newest = AccountSettings.objects.filter(account=account).latest("at")
    assert (newest.timezone, newest.inactivity_s) == (account.timezone, account.inactivity_s)


@door("PATCH counters/{id}/", "the counter's row")
def counter_settings(shop: Shop) -> Case:
    counter = factories.a_counter(shop.account)
    answers = yield [
        shop.act("PATCH", f"counters/{counter.pk}/", {"visit_timeout_s": 1800 + n}) for n in range(40)
    ]
    assert statuses(answers) == {200: 40}
    newest = CounterSettings.objects.filter(counter=counter).latest("at")
    assert newest.visit_timeout_s == Counter.objects.get(pk=counter.pk).visit_timeout_s


@door("DELETE counters/{id}/", "the counter's row")
def archived_counter(shop: Shop) -> Case:
    counter = factories.a_counter(shop.account)
    answers = yield [shop.act("DELETE", f"counters/{counter.pk}/")] * 40
    assert statuses(answers) == {204: 1, 404: 39}
    assert refusals(shop, "counter.archived") == 1


@door("mails with the snippet", "the sender's row")
def snippets(shop: Shop) -> Case:
    counters = [factories.a_counter(shop.account) for _ in range(2)]

    def mailed(number: int) -> Answer:
        try:
            mail_snippet(account_id=shop.account.pk, user_id=shop.owner.user_id, number=number, to="dev@shop.example")  # fmt: skip
        except Refused as refused:
            return Answer(400, refused.problems[0].code)
        return Answer(200, None)

    answers = yield [partial(mailed, counters[n % 2].pk) for n in range(40)]
    assert statuses(answers) == {200: 5, 400: 35}
    assert Mail.objects.filter(account_id=shop.account.pk).count() == 5


@door("POST messaging-goals/: active ones", "the goal lock; goal_active_slot, goal_at_most_15_active")
def slots(shop: Shop) -> Case:
    answers = (
        yield [shop.act("POST", "messaging-goals/", bodies.goal(active=True, start_date="2999-01-01"))] * 40
    )
    assert statuses(answers) == {201: 15, 400: 25}
    assert MessagingGoal.objects.filter(account=shop.account).count() == 15


@door("POST messaging-goals/{id}/activate/ and deactivate/", "the goal lock")
def activated(shop: Shop) -> Case:
    goal = shop.made("messaging-goals/", bodies.goal())["id"]
    answers = yield [shop.act("POST", f"messaging-goals/{goal}/activate/")] * 40
    assert statuses(answers) == {200: 40}
    assert GoalVersion.objects.filter(goal=goal).count() == 2


@door("DELETE messaging-goals/{id}/", "the goal lock")
def deleted_goal(shop: Shop) -> Case:
    goal = shop.made("messaging-goals/", bodies.goal())["id"]
    answers = yield [shop.act("DELETE", f"messaging-goals/{goal}/")] * 40
    assert statuses(answers) == {204: 1, 404: 39}
    assert refusals(shop, "messaging_goal.deleted") == 1


@door("PUT messaging-goals/{id}/", "the goal lock; goal_version_number, goal_version_one_current")
def saved_goal(shop: Shop) -> Case:
    goal = shop.made("messaging-goals/", bodies.goal())["id"]
    answers = yield [
        shop.act("PUT", f"messaging-goals/{goal}/", bodies.goal(name=f"Goal {n}")) for n in range(40)
    ]
    assert statuses(answers) == {200: 40}
    versions = GoalVersion.objects.filter(goal=goal).order_by("number")
    assert [one.number for one in versions] == list(range(1, 42))
    ends = [one.valid_until for one in versions]
    assert ends == [*(one.valid_from for one in versions[1:]), None]


@door("POST chat-goals/: one channel", "the goal lock; chat_goal_one_a_channel")
def chat_goal(shop: Shop) -> Case:
    shop.made("channels/", {"external_id": "web", "name": "Site", "kind": "web"})
    body = {
        "channel": "web",
        "condition": {"category": "url", "operator": "contains", "value": "/a"},
        "frame_days": 3,
    }
    answers = yield [shop.act("POST", "chat-goals/", body)] * 40
    found = statuses(answers)
    assert (found.pop(201), set(found) <= {400, 409}) == (1, True), found
    assert ChatGoal.objects.filter(account=shop.account).count() == 1


@door("DELETE tokens/{id}/", "the token's row")
def revoked_token(shop: Shop) -> Case:
    token, _secret = factories.a_token(shop.owner)
    answers = yield [shop.act("DELETE", f"tokens/{token.token_key}/")] * 40
    assert statuses(answers) == {204: 40}
    assert refusals(shop, "token.revoked") == 1


@door("POST with one Idempotency-Key", "an advisory lock of the key; answer_once")
def one_key(shop: Shop) -> Case:
    answers = (
        yield [shop.act("POST", "tokens/", {"name": "sync", "scope": "read"}, **{"Idempotency-Key": "k1"})]
        * 40
    )
    assert set(statuses(answers)) <= {201, 409}
    assert Token.objects.filter(account=shop.account, name="sync").count() == 1
