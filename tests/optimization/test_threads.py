"""Blocks of products on threads: the same plan, bit by bit, on any number, in any process."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from optimization import block, case_values
from optimization.plan import Plan
from optimization.planner import plan_transfers
from optimization.threads import spread, threads
from tests.optimization.networks import two_products
from tests.optimization.planning import assert_same_plan, solver_here

ROOT = Path(__file__).resolve().parents[2]
ONE_PRODUCT = 2 * 40
"""Cells × paths of one product of the world below."""


def plan(workers: int) -> Plan:
    world = two_products(days=4)
    with solver_here():
        return plan_transfers(world.brand(), world.forecast(), seed=3, workers=workers)


def digest(made: Plan) -> str:
    told = {**made.to_dict(), "seconds": 0}
    text = json.dumps(told, default=str, sort_keys=True) + made.transfers.to_csv()
    return hashlib.sha256(text.encode()).hexdigest()


def test_the_same_plan_on_any_number_of_threads_and_in_a_process_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(block, "ELEMENTS", ONE_PRODUCT)
    monkeypatch.setattr(case_values, "_TOGETHER", 3)
    names = set()
    whole = block.make_block

    def heard(*asked: object) -> block.Block:
        names.add(threading.current_thread().name)
        return whole(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(block, "make_block", heard)
    one = plan(1)
    assert names == {threading.current_thread().name}
    for workers in (2, 3):
        names.clear()
        assert_same_plan(plan(workers), one)
        assert len(names) > 1
    program = (
        "from optimization import block, case_values\n"
        "from tests.optimization import test_threads as t\n"
        "block.ELEMENTS, case_values._TOGETHER = t.ONE_PRODUCT, 3\n"
        "print(t.digest(t.plan(2)))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == digest(one)


def test_results_come_in_order_and_an_error_is_raised() -> None:
    with threads(3):
        assert spread(lambda number: number * number, range(50)) == [n * n for n in range(50)]
        with pytest.raises(ZeroDivisionError):
            spread(lambda number: 1 // number, [1, 0])
    assert spread(str, [1, 2]) == ["1", "2"]


def test_without_a_thread_there_is_no_plan() -> None:
    with pytest.raises(ValueError, match="workers: expected >= 1, found 0"):
        plan(0)
