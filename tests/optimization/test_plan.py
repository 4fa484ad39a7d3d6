"""A plan written is the plan read; what is not a plan is refused with what to do."""

import json
import math
from dataclasses import replace

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from data.errors import BadInput
from optimization.plan import Plan, read_plan
from optimization.plan_tables import FRAMES

DAY = pd.Timestamp("2025-11-02")


@pytest.fixture
def plan() -> Plan:
    transfers = pd.DataFrame(
        {
            "transfer": ["20251102-1", "20251102-2"],
            "lane": ["SH>HZ:van", "SH>HZ:van"],
            "origin": "SH",
            "destination": "HZ",
            "sku": ["007", "酸奶, 原味"],
            "dispatch_date": DAY + pd.Timedelta(days=1),
            "arrive_date": DAY + pd.Timedelta(days=2),
            "cases": [3, 1],
            "units": [36.0, 4.0],
            "m3": [0.1, 1 / 3],
            "expected_gain": [12.3456789012345, 0.1],
            "reason": ['{"stock": 1.5}', "{}"],
            "status": ["proposed", "approved"],
        }
    )
    reasons = pd.DataFrame(
        {
            "transfer": ["20251102-1", "20251102-2"],
            "status": ["proposed", "approved"],
            "stock": [1.5, 0.0],
            "inbound": 0.0,
            "cover_days": [0.5, 0.0],
            "runs_out": [DAY + pd.Timedelta(days=1), pd.NaT],
            "demand_q50": 20.0,
            "demand_q90": 30.0,
            "gain": [12.3456789012345, 0.1],
            "saved_lost": 2.0,
            "saved_far": 3.0,
            "cost_share": 0.5,
            "limited_by": "economics",
        }
    )
    trips = pd.DataFrame(
        {
            "lane": ["SH>HZ:van"],
            "dispatch_date": [DAY + pd.Timedelta(days=1)],
            "vehicles": [1],
            "m3": [0.1 + 1 / 3],
            "fill": [0.2],
            "cost": [300.0],
            "co2_kg": [10.0],
        }
    )
    unmet = pd.DataFrame(
        {
            "region": ["杭州"],
            "location": [""],
            "sku": ["007"],
            "units": [2.5],
            "value": [10.0],
            "constraint": ["main_stock"],
        }
    )
    stockouts = pd.DataFrame(
        {"region": ["杭州"], "sku": ["007"], "date": [DAY + pd.Timedelta(days=1)]}
        | {
            f"{what}_{when}": [0.25]
            for what in ("probability", "lost_units", "lost_money")
            for when in ("without", "with")
        }
    )
    return Plan(
        as_of=DAY,
        horizon_days=14,
        currency="CNY",
        status="feasible",
        objective=110.0,
        evaluated=109.0,
        doing_nothing=90.0,
        bound=115.0,
        gap=5 / 115,
        seconds=1.5,
        transfers=transfers,
        trips=trips,
        reasons=reasons,
        costs={"vehicles": 300.0},
        service={"near": 0.0, "mid": 10.0, "far": 5.0, "lost": 1.0},
        unmet=unmet,
        stockouts=stockouts,
        details={"bound_of": "linear_relaxation"},
    )


def same(one: Plan, other: Plan) -> None:
    assert one.to_dict() == other.to_dict()
    for name in FRAMES:
        assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)


def test_a_plan_written_is_the_plan_read(plan, tmp_path):
    plan.write(tmp_path / "plan")
    same(read_plan(tmp_path / "plan"), plan)


def test_an_empty_plan_survives_the_round_trip(plan, tmp_path):
    empty = Plan(DAY, 14, "CNY", "nothing_to_do", 90.0, 90.0, 90.0, None, None, 0.1)
    empty.write(tmp_path / "plan")
    same(read_plan(tmp_path / "plan"), empty)
    assert empty.captured is None


def test_the_files_have_the_columns_of_the_contract(plan, tmp_path):
    plan.write(tmp_path / "plan")
    header = (tmp_path / "plan" / "transfers.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == (
        "transfer,lane,origin,destination,sku,dispatch_date,arrive_date,cases,units,m3,"
        "expected_gain,reason"
    )
    header = (tmp_path / "plan" / "trips.csv").read_text(encoding="utf-8").splitlines()[0]
    assert header == "lane,dispatch_date,vehicles,m3,fill,cost,co2_kg"


def test_what_json_cannot_say_is_null(plan, tmp_path):
    replace(plan, bound=math.inf, gap=math.nan).write(tmp_path / "plan")
    document = json.loads((tmp_path / "plan" / "plan.json").read_text(encoding="utf-8"))
    assert document["bound"] is None
    assert document["gap"] is None


def test_a_failed_write_leaves_the_last_good_plan(plan, tmp_path):
    plan.write(tmp_path / "plan")
    with pytest.raises(TypeError):
        replace(plan, details={"what": object()}).write(tmp_path / "plan")
    same(read_plan(tmp_path / "plan"), plan)
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_gain_and_captured(plan):
    assert plan.gain == pytest.approx(19.0)
    assert plan.captured == pytest.approx(19 / 25)
    assert list(plan.proposed["sku"]) == ["007"]


@pytest.mark.parametrize(
    "change",
    [
        {"status": "splendid"},
        {"transfers": pd.DataFrame({"lane": []})},
        {"reasons": pd.DataFrame({"transfer": ["x"]})},
    ],
    ids=["status", "columns", "reasons"],
)
def test_what_is_no_plan_is_refused(plan, change):
    with pytest.raises(ValueError, match="expected"):
        replace(plan, **change)


@pytest.mark.parametrize("name", ["transfers.csv", "plan.json", "reasons.parquet"])
def test_a_broken_folder_is_bad_input(plan, tmp_path, name):
    plan.write(tmp_path / "plan")
    (tmp_path / "plan" / name).write_text("{]", encoding="utf-8")
    with pytest.raises(BadInput, match="Plan again"):
        read_plan(tmp_path / "plan")
    (tmp_path / "plan" / name).unlink()
    with pytest.raises(BadInput, match="missing"):
        read_plan(tmp_path / "plan")
