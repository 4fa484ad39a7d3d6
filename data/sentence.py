"""Texts for people that can still be said in another language.

A :class:`Sentence` is the English text, and remembers the template and the values that it was
made of, so that a page can look the template up in its catalogue and fill it in again. Where
that does not matter it is an ordinary string.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any


class Sentence(str):
    """An English text with the template and values that it was made of; make it by :func:`say`."""

    template: str
    values: Mapping[str, object]

    def __new__(cls, text: str, template: str = "", values: Mapping[str, object] = {}) -> Sentence:
        """Remember what the text was made of."""
        made = super().__new__(cls, text)
        made.template = template or text
        made.values = dict(values)
        return made


def say(template: str, **values: object) -> Sentence:
    """Fill in a template.

    :param template: English, a literal (a program collects them for translation), with
        ``{name}`` for each value; without values it is taken as it is.
    :param values: plain values, or sentences, which are then said in the other language too.

    >>> say("at most {rows:,} rows", rows=1000)
    'at most 1,000 rows'
    """
    return Sentence(template.format(**values) if values else template, template, values)


def in_a_row(texts: Iterable[str], between: str = "\n") -> Sentence:
    """Put texts one after the other; each of them is still said in the other language.

    >>> in_a_row([say("No fault."), "tea"], "; ")
    'No fault.; tea'
    """
    values: dict[str, object] = {f"text{place}": text for place, text in enumerate(texts)}
    # Only names of ours are in this template: it is no sentence that anybody could translate.
    template = between.join(f"{{{name}}}" for name in values)
    return Sentence(between.join(str(text) for text in values.values()), template, values)


def heard(text: str, templates: Iterable[str]) -> str:
    """Return the sentence that a text was, which was kept without its template.

    :param templates: of which one may have made it, values being texts; the first that fits.
    :returns: the text as it is where none fits.

    >>> vars(heard("replaced by plan p7", ["of {day}", "replaced by plan {plan}"]))["values"]
    {'plan': 'p7'}
    """
    for template in templates:
        parts = re.split(r"\{(\w+)\}", template)
        pattern = "".join(
            f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)
        )
        found = re.fullmatch(pattern, text, re.DOTALL)
        if found:
            return Sentence(text, template, found.groupdict())
    return text


def packed(text: str) -> str | dict[str, Any]:
    """Return a text as plain values for JSON; :func:`unpacked` makes it again.

    Values that JSON does not know are kept as their words; a text whose template cannot be
    filled in with those is kept in English.
    """
    if not isinstance(text, Sentence):
        return text
    values = {name: _packed_value(value) for name, value in text.values.items()}
    document = {"text": str(text), "template": text.template, "values": values}
    try:
        again = unpacked(document)
        kept = not values or text.template.format(**again.values) == str(text)  # type: ignore[attr-defined]
    except (ValueError, TypeError):
        kept = False
    return document if kept else str(text)


def unpacked(plain: object) -> str:
    """Return the text of what :func:`packed` gave."""
    if not isinstance(plain, dict):
        return str(plain)
    values = {
        name: unpacked(value) if isinstance(value, dict) else value
        for name, value in plain["values"].items()
    }
    return Sentence(plain["text"], plain["template"], values)


def _packed_value(value: object) -> object:
    if isinstance(value, str):
        return packed(value)
    return value if value is None or isinstance(value, int | float) else str(value)
