"""Collects the sentences of the dashboard and compiles their Chinese (for developers).

``python -m dashboard.catalogue`` finds every ``_("…")`` and ``ngettext("…", "…", n)`` of the
dashboard and every ``say("…")`` of any room, brings
``locale/zh_CN/LC_MESSAGES/nearfield.po`` up to date, compiles the ``.mo`` beside it and says
which sentences still lack their Chinese. Both files are committed, so that running the dashboard
needs no compiler. English has no catalogue: it stands in the code.
"""

from __future__ import annotations

import ast
import io
import sys
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from dashboard.language import DOMAIN, LOCALE_FOLDER
from data.tables import TABLES

ROOM = Path(__file__).parent
FORMS = {"_": 1, "_mark": 1, "ngettext": 2}
"""The functions that take sentences, and how many; ``_mark`` marks one that is translated later."""

SAID = {"say": 1}
"""Alike in every room: what the dashboard tells of faults, refusals and outcomes
(:mod:`data.sentence`)."""
ROOMS = ("data", "forecasting", "optimization")
"""The other rooms, beside the dashboard."""


def po_path(locale: str = "zh_CN") -> Path:
    """Return where the sentences of a locale are."""
    return LOCALE_FOLDER / locale / "LC_MESSAGES" / f"{DOMAIN}.po"


def sentences() -> Catalog:
    """Return every sentence that stands in the code, those inside f-strings too.

    :raises ValueError: a sentence is not a literal, so that nobody could translate it.
    """
    found = Catalog(fuzzy=False)
    rooms = [(ROOM, FORMS | SAID), *((ROOM.with_name(name), SAID) for name in ROOMS)]
    for room, functions in rooms:
        for path in sorted(room.rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                    continue
                if node.func.id in functions:
                    args = node.args[: functions[node.func.id]]
                    forms = tuple(_literal(path, form) for form in args)
                    found.add(forms[0] if len(forms) == 1 else forms)
    for table in TABLES:  # what a missing table or column would hold
        for meaning in (table.meaning, *(column.meaning for column in table.columns)):
            found.add(meaning)
    return found


def _literal(path: Path, form: ast.expr) -> str:
    if isinstance(form, ast.Constant) and isinstance(form.value, str):
        return form.value
    raise ValueError(f"{path}:{form.lineno}: expected a sentence as a literal")


def read(locale: str = "zh_CN") -> Catalog:
    """Return the catalogue of a locale; an empty one where there is none yet."""
    path = po_path(locale)
    if not path.exists():
        catalogue = Catalog(locale=locale, domain=DOMAIN)
    else:
        with path.open("rb") as file:
            catalogue = read_po(file, locale=locale, domain=DOMAIN)
    catalogue.header_comment = "# The sentences of Nearfield's dashboard."
    catalogue.project, catalogue.version = "nearfield", "1"
    catalogue.msgid_bugs_address = ""
    catalogue.last_translator = catalogue.language_team = "The Nearfield developers"
    catalogue.fuzzy = False
    return catalogue


def updated(catalogue: Catalog) -> Catalog:
    """Bring a catalogue up to date with the code: new sentences in, old ones out."""
    template = sentences()
    template.creation_date = catalogue.creation_date  # else every run would change the file
    catalogue.update(template, no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[str]:
    """Return the sentences that lack their translation."""
    return [_first(message) for message in catalogue if message.id and not _whole(message)]


def po_bytes(catalogue: Catalog) -> bytes:
    """Return the catalogue as a ``.po`` file."""
    file = io.BytesIO()
    write_po(file, catalogue, no_location=True, sort_output=True, width=98)
    return file.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """Return the catalogue compiled."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _whole(message: Message) -> bool:
    parts = [message.string] if isinstance(message.string, str) else message.string or [""]
    return all(parts)


def main() -> int:
    """Update and compile; 1 where a sentence lacks its Chinese."""
    catalogue = updated(read())
    path = po_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(po_bytes(catalogue))
    path.with_suffix(".mo").write_bytes(mo_bytes(catalogue))
    missing = untranslated(catalogue)
    for sentence in missing:
        print(f"not translated: {sentence}", file=sys.stderr)
    print(f"{path}: {len(catalogue)} sentences, {len(missing)} without Chinese")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
