"""Faults and repairs of a brand's tables, in the reader's language."""

from __future__ import annotations

from dashboard.language import catalogue, language
from data.sentence import Sentence


def told(text: str) -> str:
    """Return a text of the room ``data`` in the reader's language, its values left as they are.

    What is no sentence of the catalogue (a value from a file, say) stays as it is.
    """
    if not text:
        return text
    translate = catalogue(language()).gettext
    if not isinstance(text, Sentence):
        return translate(text)
    template = translate(text.template)
    if not text.values:
        return template
    values = {
        name: told(value) if isinstance(value, Sentence) else value
        for name, value in text.values.items()
    }
    return template.format(**values)
