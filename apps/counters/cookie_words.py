"""What the cookie page says, section by section, for what a counter's settings are.

Each sentence is true of the product as it is: whoever changes what the tag or the server keeps changes it
here, and in the catalogues below `locale/` (`make messages`).
"""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

BROWSERS = (
    ("Chrome", "https://support.google.com/chrome/answer/95647"),
    ("Edge", "https://support.microsoft.com/microsoft-edge"),
    ("Firefox", "https://support.mozilla.org/kb/clear-cookies-and-site-data-firefox"),
    ("Safari", "https://support.apple.com/guide/safari/sfri11471/mac"),
    ("aboutcookies.org", "https://www.aboutcookies.org/"),
)


@dataclass(frozen=True)
class Facts:
    """What the page needs to know of a counter. `sites`: pairs of name and origin, the counter's own "
    "first.
    """

    account: str
    counter: str
    sites: tuple[tuple[str, str], ...]
    consent: str
    without_consent: str
    respect_dnt: bool
    respect_gpc: bool
    user_ids: bool
    archived: bool
    message_text: str
    hits_days: int | None = None
    texts_days: int | None = None

    @property
    def site(self) -> str:
        return isolated(self.sites[0][0])


@dataclass(frozen=True)
class Link:
    """`own`: on the counter's site, not elsewhere."""

    text: str
    url: str
    own: bool = False


@dataclass(frozen=True)
class Words:
    """What stands below a heading."""

    key: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


def isolated(name: str) -> str:
    """A name from outside, kept from turning round the text beside it (Unicode's isolates)."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def sections(facts: Facts) -> tuple[Words, ...]:
    """The page from top to bottom."""
    return (
        _about(facts),
        _techniques(),
        _purposes(),
        _list(),
        _kept(facts),
        _consent(facts),
        _refusing(facts),
        _refused(),
        _retention(facts),
        _others(facts),
    )


def kinds() -> dict[str, str]:
    """Where a value is kept, by the kind of the list."""
    return {
        "cookie": _("Cookie"),
        "localStorage": _("Local storage"),
        "sessionStorage": _("Session storage"),
    }


def categories() -> dict[str, tuple[str, str]]:
    """Name and explanation of each category."""
    return {
        "necessary": (
            _("Strictly necessary"),
            _(
                "Without these the site cannot do what you ask of it, such as remembering what you have "
                "refused."
            ),
        ),
        "performance": (
            _("Performance"),
            _("These measure how the site is used: visits, pages, and where visitors come from."),
        ),
        "functionality": (
            _("Functionality"),
            _("These remember what you have done or chosen, so that you need not do it again."),
        ),
        "targeting": (
            _("Targeting"),
            _("These are used to show advertising that matches your interests."),
        ),
    }


def _about(facts: Facts) -> Words:
    said = {"account": isolated(facts.account), "counter": isolated(facts.counter), "site": facts.site}
    paragraphs = [
        _(
            "%(account)s measures how %(counter)s (%(site)s) is used, with software called Goalline. This "
            "page says what is kept in your browser for that, what is kept about your visits and why, and "
            "how you can refuse it."
        )
        % said
    ]
    if facts.archived:
        paragraphs.append(_("The measurement has ended: nothing new is kept."))
    return Words("about", _("What this page is about"), tuple(paragraphs))


def _techniques() -> Words:
    points = (
        _(
            "Cookies are small text files that a site puts on your computer or phone. They let it recognise "
            "your browser when you come back."
        ),
        _(
            "Local storage is the part of your browser in which a site keeps named values. It serves the "
            "same purposes as cookies, but is not sent along with every request. Session storage is the "
            "same, but only until you close the tab."
        ),
        _(
            "Page tags, also called pixels or web beacons, are small scripts or invisible images in a page "
            "or an e-mail. They report how often that page or e-mail has been viewed."
        ),
    )
    return Words("techniques", _("Cookies, local storage and page tags"), points=points)


def _purposes() -> Words:
    points = (
        _("To count visits, pages and returning visitors, and to see which parts of the site are useful."),
        _("To see which links, searches and advertisements bring visitors here, and what they are worth."),
        _(
            "To show the person who answers your chat what you have looked at, so that you need not explain "
            "it."
        ),
        _("To see whether a chat helped you get what you came for, such as an order."),
    )
    return Words("purposes", _("What they are used for"), points=points)


def _list() -> Words:
    return Words(
        "list",
        _("What is kept in your browser"),
        (
            _(
                "Everything that a site keeps in a browser falls into one of four categories. This is the "
                "full list of what is kept there for this measurement."
            ),
            _("What is kept in your browser belongs to this site alone; other sites cannot read it."),
        ),
    )


def _kept(facts: Facts) -> Words:
    points = [
        _(
            "The pages that you view and when, the time of your first visit, and how many visits and pages "
            "there were."
        ),
        _(
            "Where you came from: the page that linked here, the campaign, and the identifier of a click on "
            "an advertisement."
        ),
        _("The kind of your device, its browser and its operating system."),
        _("The country and city that your internet address points to; the address itself is not kept."),
        _(
            "What you do: clicks on phone numbers, e-mail addresses, messengers, files and links to other "
            "sites, searches on this site, and steps such as placing an order."
        ),
    ]
    if facts.user_ids:
        points.append(_("The customer number or name by which the site knows you, if you sign in."))
    joined = _(
        "Visits and chats are joined if both carry the same identifier of your browser or your customer "
        "account, or if you start the chat from a link on this site. Having the same name is never enough."
    )
    points += [_chats(facts), _widget(), joined]
    return Words("kept", _("What is kept about your visits"), points=tuple(points))


def _chats(facts: Facts) -> str:
    if facts.message_text == "keep":
        return _(
            "Of your chats: the messages, who answered, your rating, and the name, phone number, e-mail "
            "address and messenger accounts that you give."
        )
    return _(
        "Of your chats: when messages were written and who answered, your rating, and the name, phone "
        "number, e-mail address and messenger accounts that you give; not what you wrote."
    )


def _widget() -> str:
    return _(
        "What the chat window on the site, if there is one, has stored in your browser: when you were "
        "invited to chat, closed the window or asked to be called back, and its own count of your visits and "
        "pages."
    )


def _consent(facts: Facts) -> Words:
    heading = _("Your consent")
    if facts.consent == "not_required":
        asked = _("This site measures without asking first. You can refuse at any time, as described below.")
        return Words("consent", heading, (asked,))
    if facts.consent == "by_category":
        asked = _(
            "On this site you decide for each category. Apart from what is strictly necessary, nothing in a "
            "category is kept in your browser before you agree to it."
        )
    else:
        asked = _(
            "Only what is strictly necessary is kept in your browser before you agree to more on this site."
        )
    asked = f"{asked} {_clicks()}" if facts.consent == "by_category" else asked
    changed = _(
        "You can change your mind at any time, in the same place on the site where you made your choice."
    )
    return Words("consent", heading, (asked, _uncounted(facts), changed))


def _clicks() -> str:
    return _(
        "The identifier of a click on an advertisement is kept only if you agree to the category Targeting."
    )


def _uncounted(facts: Facts) -> str:
    if facts.without_consent == "nothing":
        return _("Without your consent you are not counted at all.")
    return _(
        "Without your consent only page views are counted, under a number that is made from your internet "
        "address and browser with a secret that changes every day. Nothing is kept in your browser for that, "
        "and the next day nobody can tell that it was you."
    )


def _refusing(facts: Facts) -> Words:
    paragraphs = (
        _(
            "Open the link to this site below in each browser that you use. From then on the site does not "
            "count you and keeps only the strictly necessary entries of the list above. The second link undoes "
            "this."
        ),
        _signals(facts),
        _(
            "Most browsers accept cookies by default. In your browser's settings you can have it notify you, "
            "refuse cookies, or delete cookies and stored values. Help pages about this are linked below "
            "too."
        ),
        _("Page tags in e-mails have no effect if your mail program does not load images."),
    )
    links = [link for name, origin in facts.sites for link in _opt_out(isolated(name), origin)]
    links += [Link(name, url) for name, url in BROWSERS]
    return Words("refusing", _("How to refuse"), paragraphs, links=tuple(links))


def _opt_out(name: str, origin: str) -> tuple[Link, Link]:
    return (
        Link(_("Do not count me on %(site)s") % {"site": name}, f"{origin}/?goalline_optout=1", own=True),
        Link(_("Count me on %(site)s again") % {"site": name}, f"{origin}/?goalline_optout=0", own=True),
    )


def _signals(facts: Facts) -> str:
    if not (facts.respect_dnt or facts.respect_gpc):
        return _(
            "The site does not act on the signals Do Not Track and Global Privacy Control; please use the "
            "link."
        )
    if facts.respect_dnt and facts.respect_gpc:
        heeded = _(
            "If your browser sends Do Not Track or Global Privacy Control, you count as not having consented."
        )
    elif facts.respect_dnt:
        heeded = _("If your browser sends Do Not Track, you count as not having consented.")
    else:
        heeded = _("If your browser sends Global Privacy Control, you count as not having consented.")
    return f"{heeded} {_uncounted(facts)}" if facts.consent == "not_required" else heeded


def _refused() -> Words:
    paragraphs = (
        _(
            "The site works as before. But it does not recognise you, and the person who answers your chat "
            "does not see what you have looked at, so you may have to explain more."
        ),
        _(
            "If you delete the cookies and stored values of this site, the note that you do not want to be "
            "counted is deleted too; you then have to refuse again."
        ),
    )
    return Words("refused", _("If you refuse"), paragraphs)


def _retention(facts: Facts) -> Words:
    paragraphs = [_("The list above says how long each value stays in your browser."), _visits_for(facts)]
    if facts.hits_days is not None:
        paragraphs.append(_("Results stay: for example, that an order followed a chat."))
    if facts.message_text == "keep" and facts.texts_days is not None:
        texts = ngettext(
            "The messages of chats are deleted after %(days)s day.",
            "The messages of chats are deleted after %(days)s days.",
            facts.texts_days,
        )
        paragraphs.append(texts % {"days": facts.texts_days})
    asked = _("You can ask %(account)s to show you what is kept about you, and to erase it.")
    paragraphs.append(asked % {"account": isolated(facts.account)})
    return Words("retention", _("How long it is kept"), tuple(paragraphs))


def _visits_for(facts: Facts) -> str:
    if facts.hits_days is None:
        return _("What is kept about your visits is kept until %(account)s deletes it.") % {
            "account": isolated(facts.account)
        }
    return ngettext(
        "What is kept about your visits is deleted after %(days)s day.",
        "What is kept about your visits is deleted after %(days)s days.",
        facts.hits_days,
    ) % {"days": facts.hits_days}


def _others(facts: Facts) -> Words:
    paragraph = _(
        "This page does not cover the sites and services of third parties, including those that %(site)s "
        "links to or embeds: chat windows, payment, maps, videos, advertisements. They have policies of "
        "their own."
    )
    return Words("others", _("What this page does not cover"), (paragraph % {"site": facts.site},))
