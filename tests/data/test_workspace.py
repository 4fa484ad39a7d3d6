"""Where the work on a brand is kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from data.errors import BadInput
from data.workspace import Workspace
from tests.data.ledger_cases import record


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("NEARFIELD_HOME", "NEARFIELD_LEDGER_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


@pytest.fixture
def brand(tmp_path: Path) -> Path:
    folder = tmp_path / "tea house"
    folder.mkdir()
    return folder


def test_it_is_in_the_brand_folder(brand: Path) -> None:
    workspace = Workspace.of(brand)
    assert workspace.root == brand / ".nearfield"
    assert workspace.root.is_dir()
    assert workspace == Workspace.of(str(brand))
    assert list(workspace.root.iterdir()) == []


def test_a_home_that_is_named_is_taken(
    brand: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Workspace.of(brand, tmp_path / "mine").root == tmp_path / "mine"
    monkeypatch.setenv("NEARFIELD_HOME", str(tmp_path / "homes"))
    root = Workspace.of(brand).root
    assert root.parent == tmp_path / "homes"
    assert root.name.startswith("tea house-")
    assert Workspace.of(brand, tmp_path / "mine").root == tmp_path / "mine"


def test_two_brands_of_one_name_do_not_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEARFIELD_HOME", str(tmp_path / "homes"))
    roots = set()
    for place in ("east", "west"):
        (tmp_path / place / "brand").mkdir(parents=True)
        roots.add(Workspace.of(tmp_path / place / "brand").root)
    assert len(roots) == 2


def unwritable(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to write below a folder, also where root asks, whom permissions do not stop."""
    real = Path.mkdir

    def mkdir(self: Path, *args: object, **more: object) -> None:
        if folder in self.parents:
            raise PermissionError(13, "Permission denied", str(self))
        real(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", mkdir)


def test_a_brand_folder_that_may_not_be_written_is_left_alone(
    brand: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwritable(brand, monkeypatch)
    root = Workspace.of(brand).root
    assert root.parent == tmp_path / "home" / ".local" / "share" / "nearfield"
    assert list(brand.iterdir()) == []


def test_where_nothing_may_be_written_it_says_what_to_do(
    brand: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unwritable(tmp_path, monkeypatch)
    with pytest.raises(BadInput, match=r"may not be written.*NEARFIELD_HOME"):
        Workspace.of(brand)


def test_it_says_where_everything_is(brand: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = Workspace.of(brand)
    root = workspace.root
    assert workspace.forecast == root / "forecast.parquet"
    assert (workspace.plan, workspace.jobs) == (root / "plan", root / "jobs")
    assert workspace.exports == root / "exports"
    assert workspace.ledger_url == f"sqlite:///{root / 'ledger.sqlite'}"
    monkeypatch.setenv("NEARFIELD_LEDGER_URL", "postgresql://host/db")
    assert workspace.ledger_url == "postgresql://host/db"


def test_its_ledger_opens(brand: Path) -> None:
    workspace = Workspace.of(brand)
    with workspace.ledger("Test brand") as ledger:
        record(ledger)
    with workspace.ledger("Test brand") as ledger:
        assert len(ledger.transfers()) == 6
    assert (workspace.root / "ledger.sqlite").exists()


def test_a_plan_that_a_killed_process_had_moved_away_is_back(brand: Path) -> None:
    old = Workspace.of(brand).root / ".plan.old"
    old.mkdir()
    (old / "plan.json").touch()
    assert (Workspace.of(brand).plan / "plan.json").exists()


def test_opening_a_workspace_does_not_load_the_database_libraries() -> None:
    code = (
        "import sys, data.workspace; "
        "print([m for m in ('sqlalchemy', 'alembic', 'openpyxl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
