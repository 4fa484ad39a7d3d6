"""docs/input.md tells every table, column, setting and default as they are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from data.settings import setting_names
from data.tables import MOST_ROWS, TABLES, Table
from data.templates import templates

TEXT = (Path(__file__).parents[2] / "docs" / "input.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_tables_columns_and_examples(table: Table) -> None:
    heading = f"### {table.name}{'*' if table.required else ''}\n"
    assert heading in TEXT
    section = TEXT.split(heading)[1].split("\n### ")[0]
    for column in table.columns:
        star = r"\*" if column.required else ""
        assert re.search(rf"^\| {column.name}{star} \|", section, re.MULTILINE), column.name
    example = section.split("```csv\n")[1].split("```")[0]
    assert templates()[f"{table.name}.csv"].decode().startswith(example)


def test_settings_and_their_defaults() -> None:
    for name, default in setting_names().items():
        shown = "every column" if default == {} else json.dumps(default, ensure_ascii=False)
        assert f"| `{name}` | {shown} |" in TEXT, f"{name} = {shown}"
    told = set(re.findall(r"^\| `([a-z0-9_.]+)` \|", TEXT, re.MULTILINE))
    assert told == set(setting_names())
    assert templates()["brand.toml"].decode() in TEXT


def test_the_largest_table() -> None:
    assert f"at most {MOST_ROWS // 1_000_000} million rows" in TEXT
