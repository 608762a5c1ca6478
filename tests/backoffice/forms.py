"""For every address of the admin that takes a form: what its form sends, and whether that writes into the account."""

from dataclasses import dataclass, field
from typing import Any

from apps.backoffice.pages import MODULES
from apps.goals.models import GoalVersion
from tests.backoffice.addresses import World
from tests.backoffice.conftest import typed
from tests.goals.chats import a_channel


@dataclass(frozen=True)
class Sent:
    """A form as a browser sends it. `writes`: rows of the account change by it."""

    values: dict[str, Any] = field(default_factory=dict)
    writes: bool = True


def taking_forms() -> set[str]:
    """The names of the addresses that answer a POST."""
    return {name for module in MODULES for _route, page, name in module.paths if hasattr(page, "post")}


def filled(world: World) -> dict[str, Sent]:
    """Each form, filled in so that its service does something."""
    telegram = a_channel(world.cast.account, "telegram")
    version = GoalVersion.objects.get(goal=world.arguments["goal_id"])
    goal = typed(world.cast, name="Sent from A")
    agent = {"external_id": "cho", "name": "Cho", "email": "", "kind": "human", "groups": ["sales"]}
    counter = {
        "name": "Sent from A", "site": "https://a.example", "allowed_origins": "", "visit_timeout_s": "1800",
        "consent": "not_required", "without_consent": "cookieless",
    }  # fmt: skip
    settings = {
        "name": "Sent from A", "timezone": "Asia/Tokyo", "currency": "JPY", "inactivity_s": "900",
        "closing_days": "35", "message_text": "mask", "hits_days": "", "texts_days": "", "phone_country": "",
    }  # fmt: skip
    chat_goal = {"category": "event", "operator": "is", "value": "purchase", "frame_days": "7"}
    days = {"first_day": "2026-01-03", "last_day": "2026-01-04"}
    channel = {"name": "Sent from A", "kind": "web"}
    return {
        "goal_add": Sent(goal),
        "goal": Sent({**goal, "start_date": str(version.start_date)}),
        "goal_try_url": Sent({**goal, "try_url": "https://a.example/thank-you"}, writes=False),
        "goal_activate": Sent(writes=False),  # it is active
        "goal_deactivate": Sent(),
        "goal_duplicate": Sent(),
        "goal_delete": Sent(),
        "goal_restore": Sent(),
        "goal_export": Sent(days),
        "chat_goal_add": Sent({"channel": str(telegram.pk), **chat_goal}),
        "chat_goal": Sent({"channel": str(world.arguments["channel_id"]), **chat_goal}),
        "chat_goal_delete": Sent(),
        "export_cancel": Sent(),
        "export_download": Sent(writes=False),  # it is not made yet: there is nothing to give
        "person_link": Sent({"kind": "user_id", "value": "u-1"}),
        "person_unlink": Sent(writes=False),  # nothing links it
        "person_relink": Sent(writes=False),
        "person_merge": Sent({"other": "1"}, writes=False),  # nobody is person 1
        "person_unmerge": Sent(),
        "person_access": Sent(),
        "person_erase": Sent({"typed": str(world.arguments["person_id"])}),
        "agent_add": Sent(agent),
        "agent": Sent({**agent, "name": "Sent from A"}),
        "agent_delete": Sent(),
        "group_add": Sent({"external_id": "vip", "name": "VIP"}),
        "group": Sent({"name": "Sent from A"}),
        "group_archive": Sent(),
        "channel_add": Sent({"external_id": "bot", **channel}),
        "channel": Sent(channel),
        "counter_add": Sent(counter),
        "counter": Sent(counter),
        "counter_archive": Sent(),
        "counter_tag": Sent(writes=False),
        "counter_tag_mail": Sent({"email": "dev@a.example"}),
        "member_add": Sent({"email": "new@a.example", "role": "analyst", "agent": ""}),
        "member": Sent({"role": "admin", "agent": ""}),
        "member_link": Sent(),
        "member_remove": Sent(),
        "invitation_send": Sent(),
        "invitation_withdraw": Sent(),
        "invitation_copy": Sent(writes=False),  # mail can be sent
        "token_add": Sent({"name": "Sent from A", "scope": "read", "counter": "", "expires_at": ""}),
        "token_revoke": Sent(),
        "settings": Sent(settings),
        "run_now": Sent(),
        "test_mail": Sent(writes=False),
        "new_account": Sent({"name": "Third", "timezone": "UTC", "currency": "EUR"}, writes=False),
        "password_change": Sent({"new_password1": "a long password 1", "new_password2": "a long password 1"}, writes=False),
    }  # fmt: skip
