"""A back-up brings back all that was decided, into the same kind of database or the other."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import data.ledger_copy
from data.backup import back_up, restore
from data.errors import BadInput
from data.handover import list_exports, read_export
from data.ledger import Action, Ledger
from data.ledger_tables import HEAD
from data.people import list_people
from data.workspace import LEDGER_VARIABLE, Workspace
from tests.data.ledger_cases import BRAND, decide, record
from tests.data.ledger_rows import fill

Address = Callable[[str], str]


@pytest.fixture
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """Give the address of an empty database of a kind."""

    def give(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'{len(list(tmp_path.iterdir()))}.sqlite'}"
        return str(request.getfixturevalue("postgres_server").new_ledger())

    return give


def workspace(folder: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> Workspace:
    folder.mkdir(exist_ok=True)
    monkeypatch.setenv(LEDGER_VARIABLE, url)
    return Workspace.of(folder / "brand", home=folder)


def work_on(space: Workspace) -> None:
    """A ledger with one of everything, a forecast, a plan, a job, and what is not worth keeping."""
    with space.ledger(BRAND) as ledger:
        fill(ledger)
    space.forecast.write_bytes(b"forecast")
    space.plan.mkdir()
    for name in ("plan.json", "trips.csv"):
        (space.plan / name).write_text(name)
    (space.jobs / "1-plan").mkdir(parents=True)
    (space.jobs / "1-plan" / "state.json").write_text("{}")
    (space.jobs / "plan.lock").write_text("1-plan")
    (space.root / ".plan.1.new").mkdir()
    (space.root / ".plan.1.new" / "half").write_text("half")
    (space.root / "logs").mkdir()
    (space.root / "logs" / "today.jsonl").write_text("{}")


def everything(space: Workspace) -> dict[str, Any]:
    with space.ledger(BRAND) as ledger:
        assert ledger.verify() == []
        exports = list_exports(ledger)
        frames = {
            "events": ledger.events(),
            "transfers": ledger.transfers(),
            "plans": ledger.plans(),
            "people": list_people(ledger),
            "exports": exports,
        }
        told = [read_export(ledger, one).to_json() for one in exports["export"]]
    files = {
        str(path.relative_to(space.root)): path.read_bytes()
        for path in (space.forecast, *space.plan.iterdir(), *space.jobs.rglob("state.json"))
    }
    return {**{name: frame.to_csv() for name, frame in frames.items()}, "told": told, **files}


POSTGRES = pytest.mark.postgres


@pytest.mark.parametrize(
    ("origin", "destination"),
    [
        ("sqlite", "sqlite"),
        pytest.param("sqlite", "postgres", marks=POSTGRES),
        pytest.param("postgres", "postgres", marks=POSTGRES),
        pytest.param("postgres", "sqlite", marks=POSTGRES),
    ],
)
def test_what_was_backed_up_comes_back(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: Address,
    origin: str,
    destination: str,
) -> None:
    old = workspace(tmp_path / "old", monkeypatch, address(origin))
    work_on(old)
    with Ledger(old.ledger_url, "Another brand") as other:
        other.record_plan("theirs", "2025-11-02", "Another brand", _plan())
    before = everything(old)
    made = back_up(old, BRAND, tmp_path / "copy.zip")
    assert (made.brand, made.events, made.files) == (BRAND, 36, 4)
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        assert "Another brand" not in archive.read("ledger.jsonl").decode()
    new = workspace(tmp_path / "new", monkeypatch, address(destination))
    assert restore(tmp_path / "copy.zip", new, BRAND) == made.__class__(
        BRAND, made.at.replace(microsecond=0), 36, 4
    )
    assert everything(new) == before
    with new.ledger(BRAND) as ledger:  # and work goes on
        decide(ledger, ledger.transfers(states=["proposed"]), Action.APPROVE)
        record(ledger, "wednesday")
        assert ledger.verify() == []
    with Ledger(new.ledger_url, "Another brand") as other:  # on PostgreSQL ids go on too
        other.record_plan("theirs", "2025-11-02", "Another brand", _plan())


def _plan() -> pd.DataFrame:
    from tests.data.ledger_cases import plan_frame

    return plan_frame(2)


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with its ledger, and its back-up, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("backed-up")
    (folder / "old").mkdir()
    with pytest.MonkeyPatch.context() as patched:
        patched.delenv(LEDGER_VARIABLE, raising=False)
        space = Workspace.of(folder / "brand", home=folder / "old")
        work_on(space)
        back_up(space, BRAND, folder / "copy.zip")
    return folder


@pytest.fixture
def backed_up(made_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    shutil.copytree(made_once, tmp_path, dirs_exist_ok=True)
    monkeypatch.delenv(LEDGER_VARIABLE, raising=False)
    return Workspace.of(tmp_path / "brand", home=tmp_path / "old")


def test_nothing_in_a_ledger_is_overwritten(backed_up: Workspace, tmp_path: Path) -> None:
    before = everything(backed_up)
    with pytest.raises(BadInput, match="already holds 36 events of Test brand, and nothing in a"):
        restore(tmp_path / "copy.zip", backed_up, BRAND)
    assert everything(backed_up) == before


def test_a_plan_that_is_there_gives_way_and_jobs_stay(
    backed_up: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: Address
) -> None:
    monkeypatch.setenv(LEDGER_VARIABLE, address("sqlite"))
    (backed_up.plan / "newer.csv").touch()
    backed_up.forecast.write_bytes(b"newer")
    later = backed_up.jobs / "2-plan" / "state.json"
    later.parent.mkdir()
    later.write_text("{}")
    restore(tmp_path / "copy.zip", backed_up, BRAND)
    assert {path.name for path in backed_up.plan.iterdir()} == {"plan.json", "trips.csv"}
    assert backed_up.forecast.read_bytes() == b"forecast"
    assert later.exists()


def rewritten(path: Path, **parts: bytes | None) -> Path:
    """The back-up with some of its parts replaced (names with _ for / and .), or left out."""
    again = path.with_name("again.zip")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(again, "w") as new:
        for name in old.namelist():
            key = name.replace("/", "_").replace(".", "_")
            content = parts.get(key, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return again


def manifest(path: Path, **changes: Any) -> bytes:
    with zipfile.ZipFile(path) as archive:
        return json.dumps({**json.loads(archive.read("manifest.json")), **changes}).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda path: {"ledger_jsonl": b"[]\n"}, "damaged: ledger.jsonl is not what was backed"),
        (lambda path: {"workspace_forecast_parquet": b"x"}, "damaged: workspace/forecast"),
        (lambda path: {"workspace_plan_trips_csv": None}, "no back-up, or it is damaged"),
        (lambda path: {"manifest_json": None}, "no back-up, or it is damaged"),
        (lambda path: {"manifest_json": manifest(path, version=9)}, "no back-up that this version"),
        (lambda path: {"manifest_json": manifest(path, brand="Other")}, "a back-up of Other, not"),
        (lambda path: {"manifest_json": manifest(path, revision="99")}, "by a newer Nearfield"),
        (
            lambda path: {"manifest_json": manifest(path, sha256={"workspace/../../x": "0"})},
            "it names 'workspace/../../x'",
        ),
    ],
)
def test_a_damaged_back_up_changes_nothing(
    backed_up: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: Address,
    change: Callable[[Path], dict[str, bytes | None]],
    why: str,
) -> None:
    broken = rewritten(tmp_path / "copy.zip", **change(tmp_path / "copy.zip"))
    new = workspace(tmp_path / "new", monkeypatch, address("sqlite"))
    with pytest.raises(BadInput, match=why):
        restore(broken, new, BRAND)
    assert not new.forecast.exists()
    assert not new.plan.exists()
    with new.ledger(BRAND) as ledger:
        assert ledger.events().empty


def test_a_forged_event_is_found_before_it_is_kept(
    backed_up: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: Address
) -> None:
    with zipfile.ZipFile(tmp_path / "copy.zip") as archive:
        lines = archive.read("ledger.jsonl").decode()
    copy = tmp_path / "ledger.jsonl"
    copy.write_text(lines.replace('"state": "approved"', '"state": "received"', 1))
    with pytest.raises(BadInput, match="the copy is damaged: event"):
        data.ledger_copy.read_copy(address("sqlite"), BRAND, copy, HEAD)


def test_a_copy_of_an_earlier_schema_is_migrated_on_the_way(
    backed_up: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: Address
) -> None:
    # Until there is an earlier schema, this one is read by the way of the earlier ones.
    monkeypatch.setattr(data.ledger_copy, "HEAD", "a later one")
    monkeypatch.setenv(LEDGER_VARIABLE, address("sqlite"))
    restore(tmp_path / "copy.zip", backed_up, BRAND)
    with backed_up.ledger(BRAND) as ledger:
        assert len(ledger.events()) == 36
        assert ledger.verify() == []


def test_a_brand_without_a_ledger_can_be_backed_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: Address
) -> None:
    space = workspace(tmp_path / "old", monkeypatch, address("sqlite"))
    space.forecast.write_bytes(b"forecast")
    assert back_up(space, BRAND, tmp_path / "copy.zip").events is None
    new = workspace(tmp_path / "new", monkeypatch, address("sqlite"))
    assert restore(tmp_path / "copy.zip", new, BRAND).files == 1
