"""Texts for people that can still be said in another language.

A :class:`Sentence` is the English text, and remembers the template and the values that it was
made of, so that a page can look the template up in its catalogue and fill it in again. Where
that does not matter it is an ordinary string.
"""

from __future__ import annotations

from collections.abc import Mapping


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
