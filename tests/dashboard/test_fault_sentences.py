"""Faults are told in the reader's language, with the values that they name."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from dashboard import fault_sentences
from dashboard.fault_sentences import told
from data.brand import check_brand
from data.findings import listed
from data.sentence import Sentence, say

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fault_sentences, "language", lambda: "zh")


def is_english(text: str) -> bool:
    """Whether words stand outside quotation marks and nothing of it is Chinese.

    Ranges such as ``1 to 60`` are left as they are.
    """
    if re.search("[\u4e00-\u9fff]", text) or re.fullmatch(r"[\d<>=. ]+( to \w+)?", text):
        return False
    return bool(re.search("[A-Za-z]{3}", re.sub("'[^']*'", "", text)))


def test_a_sentence_is_a_text_that_remembers_what_it_is_made_of() -> None:
    text = say("at most {most:,} rows", most=1000)
    assert text == "at most 1,000 rows"
    assert isinstance(text, str)
    for same in (copy.deepcopy(text), pickle.loads(pickle.dumps(text))):
        assert (same, same.template, same.values) == (text, text.template, text.values)
    assert say("a share such as {0.75}").template == "a share such as {0.75}"


@pytest.mark.usefixtures("chinese")
def test_templates_are_said_in_chinese_and_values_stay() -> None:
    assert told(say("at least one row")) == "至少一行"
    assert told(say("at most {most:,} rows", most=1000)) == "最多 1,000 行"
    several = listed(["front", "tea", "c"], shown=2)
    assert told(say("{names}, unknown", names=several)) == "'front', 'tea' 以及另外 1 个，未知"
    assert told("three capital letters such as CNY") == "三个大写字母，例如 CNY"
    assert told("'tea' of a file") == "'tea' of a file"
    assert told("") == ""


def test_in_english_a_text_is_as_it_was() -> None:
    text = say("{names}, unknown", names=listed(["a", "b"], shown=1))
    assert told(text) == str(text) == "'a' and 1 more, unknown"


BROKEN: dict[str, Any] = {
    "sales": lambda frame: frame.assign(units=frame["units"].astype(str).str.replace(".0", ",5")),
    "products": lambda frame: frame.assign(price=-1, margin=5, similar_to="tee"),
    "locations": lambda frame: frame.assign(kind=["front", "front", "shop", None], demand_share=3),
    "lanes": lambda frame: frame.assign(departs="sometimes", lead_days=1.5).drop(columns="origin"),
    "stock": "location;sku;units\nmain;tea;5\n",
    "inbound": b"\xff\xfea",
    "events": "event,starts,ends\nfair,2204-01-01,2023-01-01\n",
    "settings": {"currency": "yuan", "plan": {"horizon_days": 99, "frozen": 1}},
}


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("part", BROKEN)
def test_the_faults_of_a_broken_brand_are_chinese_throughout(
    make_brand: Callable[..., Path], part: str
) -> None:
    report = check_brand(make_brand(**{part: BROKEN[part]}))
    assert report.faults
    for fault in report.faults:
        for text in (fault.expected, fault.found, fault.mend):
            assert not is_english(told(text)), text
    assert asdict(report.faults[0])["mend"] == report.faults[0].mend


def test_no_fault_is_told_without_a_template() -> None:
    """Texts given to faults of a brand are sentences, not f-strings or literals."""
    bare = []
    for path in sorted(DATA.glob("*.py")):
        if path.name.startswith("freshretailnet"):
            continue  # a command of the terminal, whose words are English
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr not in ("fault", "repair"):
                continue
            texts = node.args[2:5] if node.func.attr == "fault" else node.args[1:2]
            bare += [
                f"{path.name}:{text.lineno}"
                for text in texts
                if isinstance(text, (ast.Constant, ast.JoinedStr))
            ]
    assert bare == []


def test_a_sentence_without_values_is_taken_as_it_is() -> None:
    assert told(Sentence("{not} a template")) == "{not} a template"
