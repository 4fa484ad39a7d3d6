"""Every sentence of the dashboard in Chinese, and the compiled catalogue true to its source."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from dashboard import catalogue, language, style, words
from dashboard.language import first_language

ROOT = Path(__file__).resolve().parents[2]
CHINESE = catalogue.read("zh_CN")
FIELDS = re.compile(r"\{(\w*)")


def messages() -> list[Message]:
    return [message for message in CHINESE if message.id]


def forms(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value or [])


def test_every_sentence_has_its_chinese_and_the_catalogue_is_up_to_date_with_the_code() -> None:
    fresh = catalogue.updated(catalogue.read("zh_CN"))
    assert catalogue.untranslated(fresh) == []
    assert catalogue.po_path().read_bytes() == catalogue.po_bytes(fresh), (
        "run python -m dashboard.catalogue"
    )


def test_the_compiled_catalogue_matches_its_source() -> None:
    assert catalogue.po_path().with_suffix(".mo").read_bytes() == catalogue.mo_bytes(CHINESE)


def test_sentences_are_found_wherever_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "title = _('One')\nlabel = f\"**{_('Two')}**\"\n"
        "count = ngettext('{count} cat', '{count} cats', 3)\nmarked = {'a': _mark('Three')}\n"
    )
    for room, text in (("dashboard", code), ("data", "fault(say('{n} of Four', n=1), _('not'))")):
        (tmp_path / room).mkdir()
        (tmp_path / room / "page.py").write_text(text, "utf-8")
    monkeypatch.setattr(catalogue, "ROOM", tmp_path / "dashboard")
    monkeypatch.setattr(catalogue, "TABLES", ())
    found = {message.id for message in catalogue.sentences() if message.id}
    assert found == {"One", "Two", "Three", "{n} of Four", ("{count} cat", "{count} cats")}


@pytest.mark.parametrize("code", ["_(name)", "_(f'{x} days')", "_('a' + b)", "ngettext('a', b, 1)"])
def test_a_sentence_that_nobody_could_translate_is_refused(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "page.py").write_text(code, "utf-8")
    monkeypatch.setattr(catalogue, "ROOM", tmp_path)
    with pytest.raises(ValueError, match=r"page\.py:1"):
        catalogue.sentences()


def test_translations_keep_the_fields_of_their_sentence() -> None:
    for message in messages():
        wanted = {name for form in forms(message.id) for name in FIELDS.findall(form)}
        for form in forms(message.string):
            assert set(FIELDS.findall(form)) <= wanted, message.id
            assert wanted - set(FIELDS.findall(form)) <= {"count"} or not wanted, message.id


def test_chinese_sentences_are_chinese() -> None:
    # Names and units may stay as they are; a sentence may not.
    for message in messages():
        english = forms(message.id)[0]
        words = re.findall(r"[A-Za-z]{3,}", re.sub(r"\{.*?\}", "", english))
        if len(words) >= 2:
            assert re.search(r"[一-鿿]", forms(message.string)[0]), english


def test_fields_are_named_so_that_a_translation_can_reorder_them() -> None:
    for message in messages():
        for form in forms(message.id):
            assert all(name != "" for _, name, _, _ in string.Formatter().parse(form)), form


@pytest.mark.parametrize(
    ("asked", "browser", "expected"),
    [
        (None, None, "en"),
        (None, "zh-CN", "zh"),
        (None, "zh", "zh"),
        (None, "en-GB", "en"),
        (None, "fr-FR", "en"),
        ("zh", "en-US", "zh"),
        ("en", "zh-CN", "en"),
        ("<script>", "zh-TW", "zh"),
    ],
)
def test_the_first_language(asked: str | None, browser: str | None, expected: str) -> None:
    assert first_language(asked, browser) == expected


def test_outside_a_page_it_is_english() -> None:
    assert language.language() == "en"
    assert language._("Language") == "Language"
    assert language.catalogue("zh").gettext("Language") == "语言"


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        (0, "0", "0"),
        (-0.04, "0", "0"),
        (0.26, "0.3", "0.3"),
        (7.5, "7.5", "7.5"),
        (999.4, "999", "999"),
        (999.6, "1k", "1,000"),
        (12_345, "12.3k", "1.23万"),
        (-9_995, "−10k", "−1万"),
        (999_999, "1m", "100万"),
        (123_456_789, "123m", "1.23亿"),
        (float("nan"), "–", "–"),
        (None, "–", "–"),
    ],
)
def test_short_numbers(value: float | None, english: str, chinese: str) -> None:
    assert style.compact(value, "en") == english
    assert style.compact(value, "zh") == chinese


def test_money_and_dates_in_english() -> None:
    assert style.money(12_345) == "¥12.3k"
    assert style.money(-12_345, full=True) == "−¥12,345"
    assert style.money(5, "SEK") == "SEK 5"
    assert style.percent(0.1234, 1) == "12.3%"
    assert style.date("2025-11-03") == "Mon 3 Nov"
    assert style.date("2025-11-03", year=True, weekday=False) == "3 Nov 2025"
    assert style.date(None) == "–"


def test_dates_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(style, "language", lambda: "zh")
    assert style.date("2025-11-03") == "11月3日 周一"
    assert style.date("2025-11-03", year=True, weekday=False) == "2025年11月3日"


@pytest.mark.parametrize(
    "name",
    ["*Bold*", "[link](http://x)", "<b>x</b>", ":red[x]", "$x^2$", "`x`", "# x", "![i](u)", "a_b_"],
)
def test_words_of_the_data_are_never_markdown(name: str) -> None:
    escaped = style.plain(name)
    # The word joiner is not seen; it keeps addresses and icons from being found afterwards.
    assert re.sub(r"\\(.)", r"\1", escaped).replace("\u2060", "") == name
    assert not re.search(r"(?<!\\)[*\[\]<>$`#_:!]", escaped)


def test_every_step_of_a_job_has_its_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "language", lambda: "zh")
    steps = set()
    for room in ("data", "forecasting", "optimization", "dashboard"):
        for path in (ROOT / room).glob("*.py"):
            if path.stem in ("backtest", "replay"):
                continue  # commands of the terminal, which no page starts
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Call) and len(node.args) == 3:
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    step = node.args[2]
                    if name in ("progress", "tell") and isinstance(step, ast.Constant):
                        steps.add(str(step.value))
    assert {"fit", "searching transfers", "effects"} <= steps
    assert [step for step in steps if not re.search("[一-鿿]", words.word(step))] == []
