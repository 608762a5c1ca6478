"""The script that is served: small, cached, right for its counter; and the built file is that of the source."""

import gzip
import json

import pytest
from django.test import Client

from apps.counters import services
from apps.counters.tag import version_of
from tools.tag import build

BUDGET = 5000


def script(number: int, version: str = "", **headers: str):
    return Client().get(f"/tag/{number}{'.' + version if version else ''}.js", headers=headers)


def told(body: bytes) -> dict:
    """The settings at the end of the script."""
    return json.loads(body[body.rindex(b'({"number"') + 1 : body.rindex(b");")])


def test_the_built_tag_is_that_of_the_source():
    assert build.DIGESTS.read_text(encoding="utf-8") == build.digests(), "run make tag"


def test_the_script_is_small_and_knows_its_counter(cast):
    cast.counter.allowed_origins = [f"https://site{n}.example" for n in range(5)]
    cast.counter.save()
    answer = script(cast.counter.pk, accept_encoding="gzip, br")
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < BUDGET
    said = told(gzip.decompress(answer.content))
    assert (said["number"], said.get("users"), said.get("asks"), said.get("cookieless")) == (
        cast.counter.pk,
        1,
        None,
        1,
    )
    assert "https://shop.example" in said["origins"]
    plain = script(cast.counter.pk)
    assert plain.content == gzip.decompress(answer.content)
    assert plain["Content-Type"] == "text/javascript; charset=utf-8"
    assert plain["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert "Set-Cookie" not in plain


def test_settings_give_the_script_another_version(cast):
    before = told(script(cast.counter.pk).content)
    services.save_counter(
        account_id=cast.account.pk, user_id=None, number=cast.counter.pk, consent="by_category",
        without_consent="nothing", respect_gpc=True, user_ids=False,
    )  # fmt: skip
    after = told(script(cast.counter.pk).content)
    assert {"asks", "gpc"} == {"users", "asks", "cookieless", "dnt", "gpc"} & set(after)
    assert after["version"] != before["version"]


def test_it_is_kept_for_ever_only_under_the_name_of_its_version(cast):
    answer = script(cast.counter.pk)
    version = told(answer.content)["version"]
    assert "max-age=600" in answer["Cache-Control"]
    assert "immutable" in script(cast.counter.pk, version)["Cache-Control"]
    assert "immutable" not in script(cast.counter.pk, "0" * 8)["Cache-Control"]
    again = script(cast.counter.pk, if_none_match=answer["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert script(cast.counter.pk, if_none_match='W/"0"').status_code == 200


def test_a_counter_that_is_not_in_use_says_so_in_the_console(cast):
    services.archive_counter(account_id=cast.account.pk, user_id=None, number=cast.counter.pk)
    for number in (cast.counter.pk, 10**30, 0):
        answer = script(number)
        assert (answer.status_code, answer["Content-Type"]) == (404, "text/javascript; charset=utf-8")
        assert f"no counter {number}".encode() in answer.content
    assert Client().post(f"/tag/{cast.counter.pk}.js").status_code == 405


def test_nothing_in_a_counter_can_break_out_of_the_script(cast):
    cast.counter.allowed_origins = ["https://x.example</script><script>alert(1)//\u2028"]
    cast.counter.save()
    body = script(cast.counter.pk).content
    assert b"</script" not in body
    assert body.isascii()
    assert told(body)["origins"][-1].startswith("https://x.example</script>")


@pytest.mark.parametrize(
    ("id_", "version"),
    [("0a1b2c3d-x7", "0a1b2c3d"), ("0a1b2c3d-", None), ("a-b-c", None), ("7f3a", None), ("ZZZZZZZZ-a", None)],
)
def test_a_hit_says_which_version_sent_it(id_, version):
    assert version_of(id_) == version
