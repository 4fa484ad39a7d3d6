"""``nearfield replay`` writes what each policy would have done, and refuses what it cannot."""

import json
from pathlib import Path

import pandas as pd
import pytest

from dashboard.command_line import main
from optimization.replay import COLUMNS
from tests.optimization.planning import solver_here


def run(*arguments: object) -> int:
    return main([str(argument) for argument in arguments])


def test_replay_writes_a_row_a_policy_and_day(
    make_brand, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "replay.csv"
    with solver_here():
        code = run(
            "replay", make_brand(), "--days", 1, "--out", out, "--json", "--backend", "sequential"
        )
    assert code == 0
    rows = pd.read_csv(out)
    assert list(rows.columns) == list(COLUMNS)
    assert rows["policy"].value_counts().to_dict() == {"plan": 1, "base_stock": 1, "nothing": 1}
    told = json.loads(capsys.readouterr().out)
    assert told["demand"] == "sales"
    assert {row["policy"] for row in told["policies"]} == {"plan", "base_stock", "nothing"}


def test_days_before_the_sales_are_refused_before_any_work(make_brand, tmp_path: Path) -> None:
    brand, out = make_brand(), tmp_path / "replay.csv"
    assert run("replay", brand, "--start", "2001-01-01", "--out", out) == 2
    assert run("replay", brand, "--out", tmp_path / "replay.xlsx") == 2
    assert not out.exists()
