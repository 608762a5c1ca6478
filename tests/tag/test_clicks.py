"""Clicks on links: chat codes in messenger links, phone, mail, files, other sites."""

import pytest

from tests.tag.conftest import html

pytestmark = pytest.mark.browser

LINKS = {
    "bot": "https://t.me/shop_bot",
    "bot with a payload": "https://t.me/ShopBot?start=ref7#x",
    "bot with a long payload": "https://t.me/shop_bot?start=" + "a" * 60,
    "bot for groups": "https://t.me/shop_bot?startgroup=1",
    "person": "https://t.me/anna?text=Hi%20there",
    "tg": "tg://resolve?domain=shop_bot",
    "whatsapp": "https://wa.me/15551234567",
    "whatsapp api": "https://api.whatsapp.com/send?phone=15551234567&text=Hello+you%21",
    "viber": "viber://pa?chatURI=shop&context=c1",
    "viber number": "viber://chat?number=+15551234567",
    "phone": "tel:+1%20555",
    "mail": "mailto:a@shop.example?subject=x",
    "file": "/files/Price%20list.PDF?v=2",
    "download": "/get",
    "inside": "/inside.html",
    "outside": "https://elsewhere.example/a?b=c",
}


def test_each_kind_of_link_is_reported_and_messengers_get_a_code(shop):
    links = "".join(
        f'<p><a id="l{n}" href="{url}"{" download" if name == "download" else ""}><b>{name}</b></a></p>'
        for n, (name, url) in enumerate(LINKS.items())
    )
    shop.site.pages["/"] = html(
        links + '<script>addEventListener("click", e => e.preventDefault())</script>', head=shop.tag
    )
    page = shop.ready(shop.open("/"))
    for n in range(len(LINKS)):
        page.click(f"#l{n} b")
    page.click("#l0 b")
    code = page.evaluate("localStorage._gl_code.split(':')[0]")
    after = dict(
        zip(LINKS, page.evaluate("[...document.links].map(link => link.getAttribute('href'))"), strict=True)
    )
    untouched = {
        "bot with a long payload",
        "bot for groups",
        "phone",
        "mail",
        "file",
        "download",
        "inside",
        "outside",
    }
    assert {name for name in LINKS if after[name] == LINKS[name]} == untouched
    assert {name: url for name, url in after.items() if name not in untouched} == {
        "bot": f"https://t.me/shop_bot?start={code}",
        "bot with a payload": f"https://t.me/ShopBot?start=ref7-{code}#x",
        "person": f"https://t.me/anna?text=Hi%20there%20%23{code}",
        "tg": f"tg://resolve?domain=shop_bot&start={code}",
        "whatsapp": f"https://wa.me/15551234567?text=%23{code}",
        "whatsapp api": f"https://api.whatsapp.com/send?phone=15551234567&text=Hello%20you!%20%23{code}",
        "viber": f"viber://pa?chatURI=shop&context=c1-{code}&text=%23{code}",
        "viber number": f"viber://chat?number=+15551234567&context={code}&text=%23{code}",
    }
    hits = shop.hits(17)[1:]
    told = [(hit.kind, hit.params) for hit in hits]
    assert [kind for kind, _ in told] == ["messenger"] * 10 + [
        "phone",
        "email",
        "file",
        "file",
        "outbound",
        "messenger",
    ]
    assert [params["platform"] for kind, params in told if kind == "messenger"] == [
        *["telegram"] * 6, "whatsapp", "whatsapp", "viber", "viber", "telegram",
    ]  # fmt: skip
    assert [params.get("code") for kind, params in told if kind == "messenger"] == [
        code, code, None, None, *[code] * 7,
    ]  # fmt: skip
    assert told[10][1] == {"phone": "+1 555"}
    assert told[11][1] == {"email": "a@shop.example"}
    assert told[14][1] == {"url": "https://elsewhere.example/a?b=c"}
