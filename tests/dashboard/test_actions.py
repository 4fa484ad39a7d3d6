"""Every action asks for its role where it is carried out; none goes past the register."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import dashboard
import data
from dashboard import actions, jobs, state
from dashboard.prepared import plan_id
from data import read_brand
from data.confirmations import Confirmation
from data.decisions import Decision
from data.errors import BadInput, NotAllowed
from data.ledger import Ledger
from data.overrides import Override
from data.roles import ALLOWED, Permission, Person, Role
from data.transitions import Action
from data.workspace import Workspace
from optimization.plan import read_plan
from tests.dashboard.planned_brand import write_planned_brand

ROLES = [frozenset({role}) for role in Role] + [frozenset[Role]()]
ONE_MORE = Override("units", 1.0, date(2024, 5, 31), date(2024, 6, 2), "a fair")
RECORDS_PLANS = {"prepared.py", "state.py"}  # the nightly job's work, and mending its stop


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_planned_brand(tmp_path_factory.mktemp("actions") / "brand")
    workspace = Workspace.of(folder)
    plan = read_plan(workspace.plan)
    with Ledger(workspace.ledger_url) as ledger:
        name = read_brand(folder).settings.name
        ledger.record_plan(plan_id(workspace.plan), plan.as_of, name, plan.transfers)
    return folder


@pytest.fixture
def samples(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[str, Callable[[], Any]]]:
    """A call of each action; a new action needs one here."""
    monkeypatch.setenv("NEARFIELD_BRAND", str(folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(jobs, "start", lambda *asked, **more: asked)
    monkeypatch.setattr(jobs, "cancel", lambda *asked, **more: asked)
    plan = plan_id(Workspace.of(folder).plan)
    approve = Decision(plan, "T1", 1, Action.APPROVE)
    yield {
        "decide": lambda: actions.decide([approve], "one"),
        "undo": lambda: actions.undo("one", "undo one"),
        "hand_over": lambda: actions.hand_over(request="two"),
        "confirm": lambda: actions.confirm([Confirmation(2, plan, "T1", "received")]),
        "give_roles": lambda: actions.give_roles("li@brand.example", ["viewer"]),
        "enter_override": lambda: actions.enter_override(ONE_MORE),
        "withdraw_override": lambda: actions.withdraw_override(1),
        "confirm_by_hand": lambda: actions.confirm_by_hand(
            [Decision(plan, "T1", 2, Action.DISPATCH)], "three"
        ),
        "start_job": lambda: actions.start_job("plan", ["prepare"]),
        "cancel_job": lambda: actions.cancel_job("none"),
        "bring_brand": lambda: actions.bring_brand(b"no zip"),
    }


def test_there_is_a_call_of_every_action(samples: dict[str, Callable[[], Any]]) -> None:
    assert set(samples) == set(actions.ACTIONS)


@pytest.mark.parametrize("roles", ROLES, ids=lambda roles: "+".join(roles) or "nobody")
def test_every_action_asks_for_its_role_when_it_is_carried_out(
    samples: dict[str, Callable[[], Any]],
    roles: frozenset[Role],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(state, "person", lambda: Person("li", roles))
    for name, permission in actions.ACTIONS.items():
        allowed = bool(roles & ALLOWED[permission])
        before = position()
        if allowed:
            with_role(samples[name])
        else:
            with pytest.raises(NotAllowed):
                samples[name]()
            assert position() == before, f"{name} did something before it refused"


def with_role(call: Callable[[], Any]) -> None:
    """What is asked may still be impossible, but not for want of a role."""
    try:
        call()
    except NotAllowed:
        raise
    except BadInput:
        pass


def position() -> int:
    events = state.ledger().events(limit=1)
    return int(events["number"].iloc[0]) if len(events) else 0


def test_a_role_that_is_withdrawn_is_gone_at_the_next_action(
    samples: dict[str, Callable[[], Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = [frozenset({Role.ADMIN}), frozenset[Role]()]
    monkeypatch.setattr(state, "person", lambda: Person("wei", roles.pop(0)))
    actions.give_roles("zhang@brand.example", ["viewer"])
    with pytest.raises(NotAllowed):
        actions.give_roles("zhang@brand.example", ["admin"])


# --- nothing goes past the register -----------------------------------------------------------


def acting() -> dict[str, set[str]]:
    """Functions and methods of the data room that act for a person, by module."""
    found: dict[str, set[str]] = {}
    for module in pkgutil.iter_modules(data.__path__):
        loaded = importlib.import_module(f"data.{module.name}")
        for _, function in functions_of(loaded):
            who = inspect.signature(function).parameters.get("who")
            if who is not None and who.annotation in ("Person", Person):
                found.setdefault(module.name, set()).add(function.__name__)
    return found


def functions_of(module: Any) -> Iterator[tuple[str, FunctionType]]:
    for _, member in inspect.getmembers(module):
        if getattr(member, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(member):
            yield member.__name__, member
        elif inspect.isclass(member):
            yield from inspect.getmembers(member, inspect.isfunction)


def test_every_act_of_the_data_room_is_an_action_of_the_dashboard() -> None:
    known = {
        "ledger": {"decide", "undo", "record_plan", "carry_out"},
        "handover": {"hand_over"},
        "confirmations": {"confirm"},
        "people": {"grant"},
        "overrides": {"enter", "withdraw"},
    }
    new = {module: names - known.get(module, set()) for module, names in acting().items()}
    new = {module: names for module, names in new.items() if names}
    # A function that acts for a person needs an action in dashboard/actions.py, a call above,
    # and its name here; one that no reader can call is named here alone.
    assert new == {}


def test_screens_act_through_the_register_only() -> None:
    names = {name for module in acting().values() for name in module}
    past = []
    for path in sorted(Path(dashboard.__path__[0]).rglob("*.py")):
        if path.name in ("actions.py", "nightly.py"):  # nightly: a command, not a screen
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("data."):
                wrong = [alias.name for alias in node.names if alias.name in names]
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                wrong = [node.func.attr] if goes_past(node.func, names) else []
            else:
                continue
            if path.name in RECORDS_PLANS:
                wrong = [name for name in wrong if name not in ("record_plan", "read_zipped")]
            past += [f"{path.name}:{node.lineno} {name}" for name in wrong]
    assert past == []


def goes_past(function: ast.Attribute, names: set[str]) -> bool:
    on = ast.unparse(function.value)
    if on == "jobs":
        return function.attr in ("start", "cancel")
    if on == "state":
        return function.attr == "take_upload"
    return function.attr in names and (
        on.endswith("ledger()") or on in ("ledger", "people", "overrides")
    )


def test_every_permission_is_used_or_is_another_rooms() -> None:
    of_actions = set(actions.ACTIONS.values())
    not_yet_offered = set(Permission) - of_actions
    assert not_yet_offered <= {
        Permission.LOOK,  # asked by app.py before anything is drawn
        Permission.RECORD_PLAN,  # the nightly job's
        Permission.CHANGE_SETTINGS,  # asked before the settings are drawn; they stand in a file
    }
