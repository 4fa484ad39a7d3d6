"""What the rooms and their jobs say, in the reader's language: faults, refusals, outcomes."""

from __future__ import annotations

from dashboard.language import catalogue, language
from data.errors import NearfieldError
from data.sentence import Sentence


def told(said: str | NearfieldError) -> str:
    """Return a text, or an error's message, in the reader's language, its values as they are.

    What is no sentence of the catalogue (a value from a file, say) stays as it is.
    """
    text = said.sentence if isinstance(said, NearfieldError) else said
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
