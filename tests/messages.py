"""`make messages`: bring the catalogues below `locale/` up to date with the source, and compile them.

Babel does what GNU gettext's programs would: nothing but the requirements is needed. Texts of the pages that visitors
see are translated (`TRANSLATED`); the admin is in English, and its texts stand in no catalogue. A text that is new
or changed comes out empty: whoever changed it writes it in each language, and `tests/core/test_locale.py` waits for it.
"""

import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from apps.core import languages

ROOT = Path(__file__).resolve().parents[1]
TRANSLATED = (
    "apps/counters/cookie_page.py",
    "apps/counters/cookie_words.py",
    "apps/counters/cookies.py",
    "apps/counters/views.py",
    "templates/counters",
)
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
}
HEAD = "# Texts for the visitors of measured sites; kept up to date by `make messages`."
LANGUAGES = [code for code in languages.PUBLIC if code != languages.DEFAULT]


class Texts(Catalog):
    """A catalogue whose head says what is needed, and nothing that changes from day to day."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Language", self.locale_identifier or ""),
            ("Plural-Forms", self.plural_forms),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
        ]


def po_path(language: str) -> Path:
    return ROOT / "locale" / language / "LC_MESSAGES" / "django.po"


def extracted() -> Catalog:
    """Every text to be translated, in the order of the source, without translations."""
    found = Catalog(charset="utf-8")
    for path in _sources():
        reader = of_template if path.suffix == ".html" else of_python
        for message, context in reader(path):
            found.add(message, context=context)
    return found


def _sources() -> Iterator[Path]:
    for name in TRANSLATED:
        path = ROOT / name
        yield from sorted(path.rglob("*.html")) + sorted(path.rglob("*.py")) if path.is_dir() else [path]


def of_python(path: Path) -> Iterator[tuple[Any, str | None]]:
    found = extract_from_file("python", path, keywords=KEYWORDS)
    return ((message, context) for _line, message, _comments, context in found)


def of_template(path: Path) -> Iterator[tuple[Any, str | None]]:
    """The texts of `translate` and `blocktranslate`, as Django itself looks them up."""
    from django.template import Engine
    from django.templatetags.i18n import BlockTranslateNode, TranslateNode

    template = Engine.get_default().from_string(path.read_text(encoding="utf-8"))
    nodes = [node for kind in (TranslateNode, BlockTranslateNode) for node in _nodes(template, kind)]
    for node in sorted(nodes, key=lambda each: each.token.position or (0, 0)):
        context = node.message_context.resolve({}) if node.message_context else None
        if isinstance(node, TranslateNode):
            yield node.filter_expression.var.literal.replace("%%", "%"), context
        else:
            singular, _variables = node.render_token_list(node.singular)
            plural = node.render_token_list(node.plural)[0] if node.plural else None
            yield ((singular, plural) if plural else singular), context


def _nodes(template: Any, kind: type) -> Iterable[Any]:
    return [node for each in template.nodelist for node in each.get_nodes_by_type(kind)]


def read(language: str) -> Catalog:
    path = po_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def written(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(buffer, catalog, width=110)
    return buffer.getvalue()


def compiled(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def updated(language: str, texts: Catalog) -> Catalog:
    """The catalogue of the language with exactly these texts; what is translated already stays."""
    catalog, known = Texts(locale=language, fuzzy=False, charset="utf-8", header_comment=HEAD), read(language)
    for text in texts:
        if text.id:
            old = known.get(text.id, context=text.context)
            catalog.add(text.id, old.string if old else None, context=text.context)
    return catalog


def main() -> int:
    import django

    django.setup()
    texts, missing = extracted(), 0
    for language in LANGUAGES:
        catalog, path = updated(language, texts), po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        empty = [text.id for text in catalog if text.id and not _whole(text.string)]
        missing += len(empty)
        print(f"{path.relative_to(ROOT)}: {len(catalog)} texts, {len(empty)} without a translation")
    return 1 if missing else 0


def _whole(string: Any) -> bool:
    return all(string) if isinstance(string, (tuple, list)) else bool(string)


if __name__ == "__main__":
    sys.exit(main())
