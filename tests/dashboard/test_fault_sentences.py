"""Faults are told in the reader's language, with the values that they name."""

from __future__ import annotations

import ast
import copy
import json
import pickle
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dashboard import fault_sentences
from dashboard.fault_sentences import told
from dashboard.health import check_health
from data.brand import check_brand
from data.confirmation_files import read_confirmations
from data.decisions import Decision
from data.errors import NearfieldError, NotAllowed
from data.findings import listed
from data.roles import Permission, Person
from data.sentence import Sentence, in_a_row, packed, say, unpacked
from data.transitions import DECISIONS, TRANSITIONS, Action, State, refusal

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
ERRORS = {"BadInput", "BadDecision", "Conflict", "NotAllowed", "Failure", "Check"}
"""What is made of a message that a page may show."""
OF_THE_TERMINAL = {
    "backup",
    "commands",
    "demo",
    "freshretailnet",
    "ledger_copy",
    "replaying",
}
"""Files whose messages no page shows: commands of the terminal, whose words are English."""


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


def test_no_error_that_a_page_may_show_is_told_without_a_template() -> None:
    bare = []
    for path in sorted([*DATA.glob("*.py"), *(ROOT / "dashboard").rglob("*.py")]):
        if path.stem in OF_THE_TERMINAL:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id in ERRORS and any(_is_bare(text) for text in node.args[-1:]):
                bare.append(f"{path.name}:{node.lineno}")
    assert bare == []


def _is_bare(text: ast.expr) -> bool:
    if isinstance(text, ast.BinOp):
        return _is_bare(text.left) or _is_bare(text.right)
    return isinstance(text, ast.JoinedStr) or (
        isinstance(text, ast.Constant) and isinstance(text.value, str)
    )


@pytest.mark.usefixtures("chinese")
@pytest.mark.parametrize("action", sorted(DECISIONS))
@pytest.mark.parametrize("state", sorted(State))
def test_every_refusal_is_chinese(state: State, action: Action) -> None:
    refused = refusal(state, action)
    assert (refused is None) == ((state, action) in TRANSITIONS)
    assert refused is None or not re.search("[A-Za-z]", told(refused))


@pytest.mark.usefixtures("chinese")
def test_errors_are_told_in_chinese_with_the_values_that_they_name() -> None:
    with pytest.raises(NearfieldError) as refused:
        Decision("monday", "t-7", 1, Action.APPROVE, cases=0)
    assert told(refused.value) == (
        "调拨 t-7：批准的箱数应为 1 至 10,000,000；实际为 0；若什么都不运，请驳回或取消"
    )
    with pytest.raises(NearfieldError) as refused:
        read_confirmations(b"plan,transfer,status\nm,t,gone\nm,,received\n")
    assert told(refused.value).splitlines() == [
        "第 2 行：status 应为 dispatched 或 received；实际为 'gone'",
        "第 3 行：需要 plan 和 transfer，与导出文件一致",
    ]
    with pytest.raises(NotAllowed) as not_allowed:
        Person.of("li", ["viewer"]).must(Permission.DECIDE)
    assert told(not_allowed.value).startswith("li 无权做决定：需要计划员角色")


@pytest.mark.usefixtures("chinese")
def test_health_is_told_in_chinese(folder: Path, tmp_path: Path) -> None:
    checks = check_health(folder, server="nowhere")
    assert {check.name for check in checks} == {"brand", "disk", "ledger", "plan", "job", "server"}
    for check in checks:
        assert check.name == "brand" or re.search("[\u4e00-\u9fff]", told(check.detail)), check
    (missing,) = check_health(tmp_path / "none")
    assert not missing.ok
    assert "应为" in told(missing.detail)


def test_a_sentence_outlives_a_file_of_json() -> None:
    text = in_a_row(
        [
            say("planning {status}: {message}", status="failed", message=say("Cancelled.")),
            say("{room:.1f} GB free", room=1.25),
            say("the file is no CSV: {error}", error=ValueError("line 3")),
            "as it is",
        ]
    )
    again = unpacked(json.loads(json.dumps(packed(text))))
    assert (
        again
        == text
        == "planning failed: Cancelled.\n1.2 GB free\nthe file is no CSV: line 3\nas it is"
    )
    assert isinstance(again, Sentence)
    assert packed("as it is") == unpacked("as it is") == "as it is"
    day = say("as of {day:%Y}", day=datetime(2025, 11, 3))
    assert packed(day) == "as of 2025"


@pytest.mark.usefixtures("chinese")
def test_what_outlived_a_file_is_still_said_in_chinese() -> None:
    text = in_a_row([say("{room:.1f} GB free", room=1.25), say("Cancelled.")], "; ")
    assert told(unpacked(json.loads(json.dumps(packed(text))))) == "剩余 1.2 GB; 已取消。"


def test_a_sentence_without_values_is_taken_as_it_is() -> None:
    assert told(Sentence("{not} a template")) == "{not} a template"
