"""The languages of pages that a site's visitors see.

The admin speaks English: `LANGUAGES` has English alone, so that no middleware switches anything by the browser's wish
(Django's own texts would be translated, ours not). A public page activates the visitor's language for itself.
"""

from django.utils.translation.trans_real import parse_accept_lang_header

PUBLIC: dict[str, str] = {
    "en": "English",
    "es": "Español",
    "ru": "Русский",
    "ko": "한국어",
    "de": "Deutsch",
}
"""Code and own name; each but English has a whole catalogue below `locale/`."""
DEFAULT = "en"


def chosen(*, wanted: str = "", accepts: str = "") -> str:
    """The language asked for by name, else the best that the browser accepts (its header), else English."""
    asked = known(wanted)
    if asked:
        return asked
    for tag, weight in parse_accept_lang_header(accepts):
        if weight and (found := known(tag)):
            return found
    return DEFAULT


def known(tag: str) -> str | None:
    """The language of a tag such as `es-MX` or `de_CH`, if there are pages in it."""
    base = tag.replace("_", "-").split("-", 1)[0].lower()
    return base if base in PUBLIC else None
