"""What a user agent says of itself: robot or not, device, browser, system. Pure.

Robots come from the kept-up list of crawler-user-agents. The rest is told from the words that all browsers write;
an exact parser takes 10 to 36 ms for an agent that it has not seen, which storing hits cannot pay.
"""

import re
from functools import lru_cache
from typing import NamedTuple

import crawleruseragents

DESKTOP, PHONE, TABLET, OTHER = "desktop", "phone", "tablet", "other"


class Agent(NamedTuple):
    """What is known of a sender; None where its agent says nothing, or where it is a robot."""

    robot: bool = False
    device: str | None = None
    browser: str | None = None
    os: str | None = None


NOTHING = Agent()
_ROBOT = Agent(robot=True)

_TELLS_OTHER = re.compile(
    r"smart-?tv|\btv\b|tizen.*tv|web0s|webos|appletv|bravia|crkey|hbbtv|roku|playstation|xbox|nintendo",
    re.IGNORECASE,
)
_TELLS_TABLET = re.compile(r"ipad|tablet|kindle|playbook|\bsilk\b(?!.*mobile)", re.IGNORECASE)
_TELLS_PHONE = re.compile(r"mobi|iphone|ipod|windows phone|blackberry|kaios|opera mini", re.IGNORECASE)
_TELLS_DESKTOP = re.compile(r"windows nt|macintosh|\bcros\b|x11|linux", re.IGNORECASE)

# In this order: nearly every browser also writes the names of those that it resembles.
_BROWSERS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("Facebook", r"FBAN/|FBAV/|FB_IAB"),
        ("Instagram", r"Instagram"),
        ("TikTok", r"musical_ly|BytedanceWebview|TikTok"),
        ("KakaoTalk", r"KAKAOTALK"),
        ("Edge", r"Edg(?:e|A|iOS)?/"),
        ("Yandex Browser", r"YaBrowser|YaApp_|YaSearchBrowser"),
        ("Opera", r"OPR/|OPT/|OPiOS|Opera"),
        ("Samsung Internet", r"SamsungBrowser"),
        ("Vivaldi", r"Vivaldi"),
        ("UC Browser", r"UCBrowser|UBrowser"),
        ("Mi Browser", r"MiuiBrowser"),
        ("Huawei Browser", r"HuaweiBrowser"),
        ("Whale", r"Whale/"),
        ("DuckDuckGo", r"DuckDuckGo|Ddg/"),
        ("Firefox", r"Firefox/|FxiOS|Focus/"),
        ("Chrome", r"Chrome/|CriOS|Chromium/"),
        ("Internet Explorer", r"MSIE |Trident/"),
        ("Safari", r"Safari/|AppleWebKit"),
    )
)
_SYSTEMS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("Windows", r"Windows"),
        ("iOS", r"iPhone|iPad|iPod|CFNetwork"),
        ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
        ("KaiOS", r"KAIOS"),
        ("Tizen", r"Tizen"),
        ("Android", r"Android|okhttp"),
        ("macOS", r"Macintosh|Mac OS X|Darwin"),
        ("ChromeOS", r"CrOS"),
        ("Linux", r"Linux|X11"),
    )
)


_HTTP_LIBRARY = re.compile(
    r"python|aiohttp|httpx|urllib|pycurl|curl|libcurl|wget|go-http-client|go-resty|fasthttp|okhttp|axios|node(?:-fetch|\.?js)?(?:[/ ]|$)|undici|"
    r"got\b|superagent|needle|deno|bun/|guzzle|php|symfony|pecl|java\b|jakarta|apache-httpclient|apache-http|ktor|retrofit|"
    r"ruby|faraday|rest-client|http\.rb|typhoeus|httparty|excon|libwww|lwp|perl|dart[/ ]|reqwest|hyper/|ureq|restsharp|\.net|"
    r"dotnet|powershell|postman|insomnia|httpie|xh/|wordpress/|woocommerce|shopify|zapier|make/|integromat|n8n|winhttp|"
    r"k6/|finagle|akka-http|spring|feign|unirest|elixir|hackney|mint/|erlang|http-?client|httpunit",
    re.IGNORECASE,
)
"""Programs that send requests for a server; of a crawler's own or a browser's agent none stands at the beginning."""
_HEALTH_CHECK = re.compile(
    r"kube-probe|elb-healthchecker|route53-health|googlehc|googlestackdriver|hetzner|haproxy|envoy/|consul health|"
    r"healthchecks\.io|freshping|cron-job|pingdom|statuscake|site24x7|better ?uptime|better ?stack|uptime-?kuma|"
    r"uptime-?robot|checkly|newrelicpinger|datadog|zabbix|nagios|check_http|monit/|blackbox|prometheus|"
    r"azure traffic manager|load ?balancer|health-?check|healthz|traefik|varnish|icinga|sensu|gatus|ohdear|hyperping|"
    r"updown\.io|pulsetic|instatus|nodeping|alertsite|dynatrace|catchpoint|uptimia|hetrixtools|appdynamics",
    re.IGNORECASE,
)
"""What asks whether a site still answers; the kept-up list of crawlers leaves most of them out."""


def is_http_library(user_agent: str) -> bool:
    """Whether a program of a server says so of itself, which no visitor's browser does."""
    return _HTTP_LIBRARY.match(user_agent) is not None


@lru_cache(maxsize=50_000)
def recognise(user_agent: str | None) -> Agent:
    """What the user agent says; without one nothing is known, and nobody is called a robot."""
    if not user_agent:
        return NOTHING
    if crawleruseragents.is_crawler(user_agent) or _HEALTH_CHECK.search(user_agent):
        return _ROBOT
    return Agent(
        device=_device(user_agent), browser=_first(_BROWSERS, user_agent), os=_first(_SYSTEMS, user_agent)
    )


def _device(text: str) -> str:
    """A tablet with Android leaves out the word Mobile, as Google asks; an iPad may pass for a Macintosh."""
    if _TELLS_OTHER.search(text):
        return OTHER
    if _TELLS_TABLET.search(text):
        return TABLET
    if _TELLS_PHONE.search(text):
        return PHONE
    if "Android" in text:
        return TABLET
    return DESKTOP if _TELLS_DESKTOP.search(text) else OTHER


def _first(names: tuple[tuple[str, re.Pattern[str]], ...], text: str) -> str | None:
    return next((name for name, pattern in names if pattern.search(text)), None)
