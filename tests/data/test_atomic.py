"""Files and folders are replaced whole or not at all."""

from __future__ import annotations

import errno
import os
import random
import resource
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import data.atomic
from data.atomic import replace_folder, settle, write_atomically
from data.errors import BadInput
from tests.data.ledger_processes import context, started


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_there_whole_once_it_is_written(tmp_path: Path) -> None:
    target = tmp_path / "new" / "plan.json"
    with write_atomically(target) as path:
        path.write_text("half")
        assert not target.exists()
        path.write_text("whole")
    assert target.read_text() == "whole"
    assert names(target.parent) == ["plan.json"]


def test_an_error_while_writing_leaves_the_old_file_and_nothing_beside(tmp_path: Path) -> None:
    target = tmp_path / "plan.json"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), write_atomically(target) as path:
        path.write_text("half")
        raise ZeroDivisionError
    assert target.read_text() == "old"
    assert names(tmp_path) == ["plan.json"]


@pytest.fixture(params=["exchange", "renames"])
def swapping(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders are exchanged in one step, or where the system cannot, renamed in two."""
    if request.param == "renames":
        monkeypatch.setattr(data.atomic, "_exchange", lambda one, other: False)


@pytest.mark.usefixtures("swapping")
def test_a_folder_takes_the_place_of_the_old_with_all_its_files(tmp_path: Path) -> None:
    target = tmp_path / "plan"
    for generation in ("one", "two", "three"):
        with replace_folder(target) as folder:
            (folder / generation).write_text(generation)
            (folder / "deep").mkdir()
            (folder / "deep" / "trips.csv").write_text(generation)
        assert names(target) == ["deep", generation]
        assert (target / "deep" / "trips.csv").read_text() == generation
        assert names(tmp_path) == ["plan"]


@pytest.mark.usefixtures("swapping")
def test_an_error_while_filling_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "plan"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(ZeroDivisionError), replace_folder(target) as folder:
        (folder / "half").touch()
        raise ZeroDivisionError
    assert names(target) == ["old"]
    assert names(tmp_path) == ["plan"]


def test_a_folder_moved_away_by_a_killed_process_is_brought_back(tmp_path: Path) -> None:
    target, old = tmp_path / "plan", tmp_path / ".plan.old"
    old.mkdir()
    (old / "kept").touch()
    settle(target)
    assert names(target) == ["kept"]
    old.mkdir()  # killed one step later: the new folder is in its place already
    settle(target)
    assert names(tmp_path) == ["plan"]


def test_what_killed_processes_left_beside_is_removed_after_an_hour(tmp_path: Path) -> None:
    left = [tmp_path / ".plan.1111.new", tmp_path / ".plan.2222.new"]
    for one in left:
        one.mkdir()
        (one / "half").touch()
    an_hour_ago = time.time() - 3700
    os.utime(left[0], (an_hour_ago, an_hour_ago))
    with replace_folder(tmp_path / "plan"):
        pass
    assert names(tmp_path) == [".plan.2222.new", "plan"]


def write_csv(folder: Path, content: pd.DataFrame) -> None:
    with write_atomically(folder / "it") as path:
        content.to_csv(path)


def write_parquet(folder: Path, content: pd.DataFrame) -> None:
    with write_atomically(folder / "it") as path:
        content.to_parquet(path, compression=None)


def write_folder(folder: Path, content: pd.DataFrame) -> None:
    with replace_folder(folder / "it") as beside:
        content.to_csv(beside / "transfers.csv")


def write_without_room(write: Callable[..., None], folder: Path, answers: Any) -> None:
    content = pd.DataFrame({"cases": range(50_000)})
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
    try:
        write(folder, content)
    except BadInput as error:
        answers.put(str(error))
    except BaseException as error:
        answers.put(repr(error))
    else:
        answers.put("written")


@pytest.mark.parametrize("write", [write_csv, write_parquet, write_folder])
def test_a_full_disk_leaves_the_old_and_says_what_to_free(
    tmp_path: Path, write: Callable[..., None]
) -> None:
    small = pd.DataFrame({"cases": [1]})
    write(tmp_path, small)
    before = names(tmp_path), (tmp_path / "it").stat().st_mtime_ns
    answers: Any = context().Queue()
    with started(write_without_room, write, tmp_path, answers):
        told = answers.get(timeout=60)
    assert told.startswith(f"there is no room left to write {tmp_path / 'it'}")
    assert "what was there before stands" in told
    assert (names(tmp_path), (tmp_path / "it").stat().st_mtime_ns) == before


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (errno.ENOSPC, "no room left to write"),
        (errno.EDQUOT, "no room left to write"),
        (errno.EROFS, "may not be written"),
        (errno.EACCES, "may not be written"),
    ],
)
def test_what_the_disk_refuses_is_told(tmp_path: Path, code: int, why: str) -> None:
    with pytest.raises(BadInput, match=why), write_atomically(tmp_path / "it"):
        raise OSError(code, os.strerror(code))


def test_other_errors_of_the_system_are_not_dressed_up(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError), write_atomically(tmp_path / "it"):
        raise IsADirectoryError(errno.EISDIR, "is a directory")


KILLS = int(os.environ.get("NEARFIELD_TEST_KILLS", "200"))
NAMES = ["plan.json", "transfers.csv", "trips.csv"]


def replace_again_and_again(folder: Path, generation: int, seconds: float) -> None:
    """Write generation after generation until the clock kills; never returns."""
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # it ends the process, as a kill does
        signal.setitimer(signal.ITIMER_REAL, seconds)
        while True:
            generation += 1
            with replace_folder(folder / "plan") as beside:
                for name in NAMES:
                    (beside / name).write_text(str(generation))
            with write_atomically(folder / "forecast") as path:
                path.write_text(f"{generation} " * 2_000)
    finally:
        os._exit(99)


def kill_the_writer(folder: Path, answers: Any) -> None:
    """Fork a writer, kill it and look what it left, again and again; answers with that."""
    chance = random.Random(618)
    left = []
    for kill in range(KILLS // 2):
        child = os.fork()
        if not child:
            replace_again_and_again(folder, 1000 * kill, chance.uniform(0.001, 0.02))
        chance.random()
        killed = os.WIFSIGNALED(os.waitpid(child, 0)[1])
        settle(folder / "plan")
        plan = {path.read_text() for path in (folder / "plan").iterdir()}
        forecast = set((folder / "forecast").read_text().split())
        left.append((killed, names(folder / "plan"), len(plan), len(forecast), min(plan)))
    answers.put(left)


def test_killed_at_any_moment_it_leaves_one_whole_generation(tmp_path: Path) -> None:
    with replace_folder(tmp_path / "plan") as beside:
        for name in NAMES:
            (beside / name).write_text("0")
    (tmp_path / "forecast").write_text("0 ")
    answers: Any = context().Queue()
    with started(kill_the_writer, tmp_path, answers):
        left = answers.get(timeout=300)
    assert len(left) == KILLS // 2
    for killed, files, generations, words, _ in left:
        assert (killed, files, generations, words) == (True, NAMES, 1, 1)
    assert len({generation for *_, generation in left}) > 1, "nothing was written before the kill"
