"""What user agents say of themselves."""

import pytest

from apps.intake.agents import NOTHING, Agent, recognise

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{WEBKIT} Chrome/131.0.0.0"
AGENTS = [
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36", "desktop", "Chrome", "Windows"),
    (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36 Edg/131.0.0.0", "desktop", "Edge", "Windows"),
    (f"Mozilla/5.0 (Windows NT 10.0) {CHROME} YaBrowser/24.10.0 Safari/537.36", "desktop", "Yandex Browser", "Windows"),
    (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME} Safari/537.36 OPR/115.0", "desktop", "Opera", "Linux"),
    ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "desktop", "Firefox", "Linux"),
    (f"{MAC} Version/18.1 Safari/605.1.15", "desktop", "Safari", "macOS"),
    (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "desktop", "Chrome", "ChromeOS"),
    ("Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko", "desktop", "Internet Explorer", "Windows"),
    (f"{IPHONE} Version/18.1 Mobile/15E148 Safari/604.1", "phone", "Safari", "iOS"),
    (f"{IPHONE} CriOS/131.0 Mobile/15E148 Safari/604.1", "phone", "Chrome", "iOS"),
    (f"{IPAD} Version/16.6 Mobile/15E148 Safari/604.1", "tablet", "Safari", "iOS"),
    (f"Mozilla/5.0 (Linux; Android 10; K) {CHROME} Mobile Safari/537.36", "phone", "Chrome", "Android"),
    (f"Mozilla/5.0 (Linux; Android 14; SM-X910) {CHROME} Safari/537.36", "tablet", "Chrome", "Android"),
    (f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {WEBKIT} SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36",
     "phone", "Samsung Internet", "Android"),
    ("Mozilla/5.0 (Android 14; Mobile; rv:133.0) Gecko/133.0 Firefox/133.0", "phone", "Firefox", "Android"),
    (f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 7.0) {WEBKIT} 94.0.4606.31/7.0 TV Safari/537.36", "other", "Safari", "Tizen"),
    (f"Mozilla/5.0 (PlayStation; PlayStation 5/6.00) {WEBKIT} Version/13.0 Safari/605.1.15", "other", "Safari", None),
    ("MyShop/3.2 CFNetwork/1568.100.1 Darwin/24.0.0", "other", None, "iOS"),
    ("something of its own", "other", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "device", "browser", "system"), AGENTS)
def test_a_browser_is_known_by_the_words_it_writes(text, device, browser, system):
    assert recognise(text) == Agent(False, device, browser, system)


def test_robots_are_robots_and_nothing_else():
    assert recognise("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)") == Agent(
        robot=True
    )


@pytest.mark.parametrize("text", [None, ""])
def test_no_agent_says_nothing(text):
    assert recognise(text) is NOTHING
