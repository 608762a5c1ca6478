"""The mailed link: 14 days, one member, a counted download."""

from datetime import timedelta

import pytest

from apps.core.errors import NotThere
from apps.exports import services
from apps.exports.errors import Gone
from apps.exports.models import Export
from apps.goals.services import delete
from apps.mail.models import Mail
from apps.mail.services import deliver
from tests.exports.rows import parse, zip_path

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def token(ask) -> str:
    services.make(export_id=ask().pk)
    return Mail.objects.get().secret


def test_get_shows_and_post_gives_the_file_and_counts(cast, token):
    shown = services.open_link(user=cast.owner.user, token=token, post=False)
    assert shown.file is None
    assert shown.file_name == "Bought 2026-03-01 to 2026-03-04, data up to none yet.zip"
    assert Export.objects.get().downloads == 0
    for count in (1, 2):
        found = services.open_link(user=cast.owner.user, token=token, post=True)
        assert found.file
        with found.file as file:
            data = file.read()
        assert len(data) == found.size
        assert parse(data) == []
        assert Export.objects.get().downloads == count


@pytest.mark.parametrize("post", [False, True])
def test_the_link_ends_after_14_days(cast, token, at_noon, post):
    at_noon.shift(timedelta(days=14) - timedelta(seconds=1))
    found = services.open_link(user=cast.owner.user, token=token, post=post)
    if found.file:
        found.file.close()
    at_noon.shift(timedelta(seconds=2))
    with pytest.raises(Gone):
        services.open_link(user=cast.owner.user, token=token, post=post)


def test_the_file_is_deleted_when_the_link_ends_and_the_link_still_says_gone(cast, token, at_noon):
    path = zip_path(Export.objects.get())
    assert services.delete_ended() == 0
    at_noon.shift(timedelta(days=14, seconds=1))
    assert services.delete_ended() == 1
    assert not path.exists()
    assert Export.objects.get().file == ""
    with pytest.raises(Gone):
        services.open_link(user=cast.owner.user, token=token, post=True)


def test_for_others_it_is_not_there_even_when_it_has_ended(cast, token, at_noon):
    for _ in range(2):
        for user in (cast.admin.user, cast.stranger.user, cast.operator):
            with pytest.raises(NotThere):
                services.open_link(user=user, token=token, post=True)
        at_noon.shift(timedelta(days=15))
    assert Export.objects.get().downloads == 0


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43])
def test_another_token_is_not_there(cast, token, wrong):
    with pytest.raises(NotThere):
        services.open_link(user=cast.owner.user, token=wrong, post=False)


def test_each_character_of_the_token_counts(cast, token):
    for place in range(len(token)):
        other = token[:place] + ("a" if token[place] != "a" else "b") + token[place + 1 :]
        with pytest.raises(NotThere):
            services.open_link(user=cast.owner.user, token=other, post=False)


def test_the_role_is_asked_at_each_opening(cast, token):
    type(cast.owner).objects.filter(pk=cast.owner.pk).update(role="agent", agent=cast.ben)
    with pytest.raises(NotThere):
        services.open_link(user=cast.owner.user, token=token, post=True)
    cast.owner.delete()
    with pytest.raises(NotThere):
        services.open_link(user=cast.owner.user, token=token, post=True)


def test_a_deleted_goal_takes_its_files_along(cast, token, goal):
    delete(account_id=cast.account.pk, user_id=cast.owner.user_id, goal_id=goal.pk)
    with pytest.raises(Gone):
        services.open_link(user=cast.owner.user, token=token, post=True)
    assert services.delete_ended() == 1


def test_a_file_that_somebody_removed_is_gone_not_an_error(cast, token):
    zip_path(Export.objects.get()).unlink()
    with pytest.raises(Gone):
        services.open_link(user=cast.owner.user, token=token, post=True)


def test_the_member_s_list_gives_the_file_too(cast, token):
    export = Export.objects.get()
    found = services.open_file(account_id=cast.account.pk, user_id=cast.owner.user_id, export_id=export.pk)
    assert found.file
    found.file.close()
    with pytest.raises(NotThere):
        services.open_file(account_id=cast.account.pk, user_id=cast.admin.user_id, export_id=export.pk)


def test_the_database_keeps_no_token_once_the_mail_is_sent(cast, token, settings):
    settings.EMAIL_BACKEND = "apps.mail.outbox.OutboxBackend"
    mail = Mail.objects.get()
    assert deliver(mail_id=mail.pk) == "sent"
    assert token in next(settings.OUTBOX.glob("*.eml")).read_text()
    for model in (Mail, Export):
        assert token not in str(list(model.objects.values()))
