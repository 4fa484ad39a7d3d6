"""What can go wrong with a ledger's database: the old state stands, and the message helps."""

from __future__ import annotations

import resource
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
from sqlalchemy import event

from data.errors import BadInput, Failure
from data.handover import hand_over
from data.ledger import Action, Ledger
from data.ledger_tables import APPEND_ONLY
from tests.data.ledger_cases import BRAND, LI, decide, decisions, plan_frame, record
from tests.data.ledger_processes import context, started
from tests.postgres import Server


@pytest.fixture
def server_ledger(postgres_server: Server) -> Iterator[Ledger]:
    with Ledger(postgres_server.new_ledger(), BRAND) as opened:
        yield opened


def file_of(ledger: Ledger) -> Path:
    return Path(str(ledger.database.url.database))


def user_of(ledger: Ledger) -> str:
    return str(ledger.database.url.username)


def test_a_full_disk_leaves_the_old_state_and_says_what_to_free(file_ledger: Ledger) -> None:
    record(file_ledger, frame=plan_frame(60))
    before = file_ledger.transfers()
    engine = file_ledger.database.engine
    pages = "PRAGMA max_page_count={}"
    with sqlite3.connect(file_of(file_ledger)) as connection:
        (now,) = connection.execute("PRAGMA page_count").fetchone()
    connection.close()
    limit = [now]
    engine.dispose()
    event.listen(engine, "connect", lambda made, _: made.execute(pages.format(limit[0])).close())
    with pytest.raises(BadInput, match=r"no room left .*ledger\.sqlite\. Nothing was changed\. Fr"):
        decide(file_ledger, before, Action.APPROVE, text="x" * 500)
    pd.testing.assert_frame_equal(file_ledger.transfers(), before)
    assert file_ledger.verify() == []
    limit[0] = now * 100
    engine.dispose()
    decide(file_ledger, before, Action.APPROVE, text="x" * 500)
    assert file_ledger.verify() == []


def approve_without_room(url: str, bytes_left: int, answers: Any) -> None:
    with Ledger(url, BRAND) as ledger:
        wanted = decisions(ledger.transfers(), Action.APPROVE, text="x" * 500)
        file = file_of(ledger)
        largest = max(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest + bytes_left, resource.RLIM_INFINITY))
        try:
            ledger.decide(wanted, who=LI)
        except BadInput as error:
            answers.put(str(error))
        else:
            answers.put("saved")


@pytest.mark.parametrize("bytes_left", [0, 10_000, 100_000])
def test_a_disk_that_fills_up_while_writing_leaves_the_old_state(
    file_ledger: Ledger, bytes_left: int
) -> None:
    record(file_ledger, frame=plan_frame(400))
    before = file_ledger.transfers()
    answers: Any = context().Queue()
    url = f"sqlite:///{file_of(file_ledger)}"
    with started(approve_without_room, url, bytes_left, answers):
        told = answers.get(timeout=60)
    assert "cannot be read or written" in told or "no room left" in told
    assert "Nothing was changed" in told
    pd.testing.assert_frame_equal(file_ledger.transfers(), before)
    assert file_ledger.verify() == []
    decide(file_ledger, before, Action.APPROVE)
    assert file_ledger.verify() == []


def test_a_locked_file_is_waited_for_and_then_told(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with Ledger(url, BRAND, wait=0.2) as ledger:
        record(ledger)
        other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BadInput, match=r"locked by another program for 0\.2 seconds\. Nothing"):
            decide(ledger, ledger.transfers(), Action.APPROVE)
        assert len(ledger.transfers()) == 6  # reading goes on
        other.execute("ROLLBACK")
        other.close()
        decide(ledger, ledger.transfers(), Action.APPROVE)


@pytest.mark.postgres
def test_a_locked_row_is_waited_for_and_then_told(postgres_server: Server) -> None:
    with Ledger(postgres_server.new_ledger(), BRAND, wait=0.2) as ledger:
        record(ledger)
        with psycopg.connect(postgres_server.url(user_of(ledger))) as other:
            other.execute("SELECT * FROM ledger_brand FOR UPDATE")
            with pytest.raises(BadInput, match="kept locked by somebody else"):
                decide(ledger, ledger.transfers(), Action.APPROVE)
        decide(ledger, ledger.transfers(), Action.APPROVE)


def test_a_read_only_file_can_be_read_and_says_so_when_written(file_ledger: Ledger) -> None:
    record(file_ledger)
    url = f"sqlite:///file:{file_of(file_ledger)}?mode=ro&uri=true"
    with Ledger(url, BRAND) as reader:
        assert len(reader.transfers()) == 6
        with pytest.raises(BadInput, match=r"is read-only. Nothing was changed. Give this user"):
            decide(reader, reader.transfers(), Action.APPROVE)


@pytest.mark.postgres
def test_a_read_only_server_says_so(server_ledger: Ledger, postgres_server: Server) -> None:
    record(server_ledger)
    name = user_of(server_ledger)
    postgres_server.execute(f"ALTER ROLE {name} SET default_transaction_read_only = on")
    server_ledger.close()
    with pytest.raises(BadInput, match=r"may not be written: .*read-only transaction"):
        decide(server_ledger, server_ledger.transfers(), Action.APPROVE)


def test_a_file_that_is_no_ledger_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.sqlite").write_text("lane,sku\n" * 500)
    with pytest.raises(BadInput, match="is not a ledger, or it is damaged"):
        Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot be opened. Nothing was changed. Look whether the"):
        Ledger(f"sqlite:///{tmp_path / 'nowhere' / 'ledger.sqlite'}")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "no address of a ledger"),
        ("ledger.sqlite", "no address of a ledger"),
        ("mysql://host/db", "cannot be kept in mysql"),
        ("sqlite://", "in a file, not in memory"),
        ("sqlite:///:memory:", "in a file, not in memory"),
        ("postgresql://li:secret@host:port/db", "no address of a ledger"),
    ],
)
def test_an_address_that_is_none_is_refused_without_telling_its_password(
    url: str, why: str
) -> None:
    with pytest.raises(BadInput, match=why) as told:
        Ledger(url)
    assert "secret" not in str(told.value)
    assert "NEARFIELD_LEDGER_URL" in str(told.value)


def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "what? 50% off & more #1 龙井"
    folder.mkdir()
    with Ledger(f"sqlite:///{folder / 'ledger.sqlite'}", BRAND) as ledger:
        record(ledger)
        file = file_of(ledger)
    assert file == folder / "ledger.sqlite"
    assert file.exists()


def test_postgres_without_its_driver_says_what_to_install(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadInput, match=r"install nearfield\[postgres\]"):
        Ledger("postgresql://host/db")


def test_a_server_that_is_not_there_is_told_after_some_tries(
    monkeypatch: Any, tmp_path: Path
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(Failure, match=r"postgresql\+psycopg://li:\*\*\*@/db.* was lost.*Look wh"):
        Ledger(f"postgresql://li:secret@/db?host={tmp_path}")
    assert len(pauses) == 5


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_told(postgres_server: Server) -> None:
    with pytest.raises(BadInput, match=r'"nowhere" does not exist.*create the database first'):
        Ledger(postgres_server.url(database="nowhere"))


@pytest.mark.postgres
def test_a_connection_lost_between_decisions_is_had_again(
    server_ledger: Ledger, postgres_server: Server
) -> None:
    record(server_ledger)
    rows = server_ledger.transfers()
    hang_up(postgres_server, user_of(server_ledger))
    assert decide(server_ledger, rows, Action.APPROVE).count == 6
    assert server_ledger.verify() == []


@pytest.mark.postgres
def test_a_connection_lost_while_deciding_is_had_again_and_decides_once(
    server_ledger: Ledger, postgres_server: Server
) -> None:
    record(server_ledger)
    rows = server_ledger.transfers()
    lost = []

    @event.listens_for(server_ledger.database.engine, "before_cursor_execute")
    def lose(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.startswith("INSERT INTO ledger_event") and not lost:
            lost.append(statement)
            hang_up(postgres_server, user_of(server_ledger))

    assert decide(server_ledger, rows, Action.APPROVE).count == 6
    assert lost
    assert len(server_ledger.events(action="approve")) == 6
    assert server_ledger.verify() == []


@pytest.mark.postgres
@pytest.mark.parametrize("comes_back", [True, False])
def test_an_answer_lost_after_saving_is_not_saved_twice(
    server_ledger: Ledger, monkeypatch: Any, comes_back: bool
) -> None:
    record(server_ledger)
    rows = server_ledger.transfers()
    dialect, lost = server_ledger.database.engine.dialect, []
    commit = dialect.do_commit

    def saved_but_not_answered(connection: Any) -> None:
        commit(connection)
        if not (lost and comes_back):
            lost.append(connection)
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(time, "sleep", lambda _: None)
    with monkeypatch.context() as patched:
        patched.setattr(dialect, "do_commit", saved_but_not_answered)
        if comes_back:
            assert decide(server_ledger, rows, Action.APPROVE).count == 6
        else:
            with pytest.raises(Failure, match="Whether it was still saved is not known: look at"):
                decide(server_ledger, rows, Action.APPROVE)
    assert len(server_ledger.events(action="approve")) == 6
    assert server_ledger.verify() == []


def test_history_cannot_be_rewritten_even_by_hand(ledger: Ledger) -> None:
    record(ledger)
    decide(ledger, ledger.transfers(), Action.APPROVE)
    hand_over(ledger, who=LI)
    for table in APPEND_ONLY:
        for statement in (f"UPDATE {table} SET brand = brand", f"DELETE FROM {table}"):
            with pytest.raises(Failure, match=f"{table} is only ever added to"):
                run(ledger, statement)


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        # what somebody did by hand                               what the replay says
        ("UPDATE ledger_state SET cases = 99 WHERE proposal = 1", "transfer 1: kept as"),
        ("UPDATE ledger_state SET state = 'received'", "transfer 6: kept as"),
        ("UPDATE ledger_state SET decided_by = 'me'", "transfer 3: kept as"),
        ("DELETE FROM ledger_state WHERE proposal = 2", "transfer 2: kept as None"),
        ("UPDATE ledger_brand SET last_event = 5", "the last event is 13, and 5 is noted"),
    ],
)
def test_the_replay_finds_what_was_changed_by_hand(
    file_ledger: Ledger, statement: str, told: str
) -> None:
    ledger = file_ledger
    record(ledger)
    decide(ledger, ledger.transfers(), Action.APPROVE)
    assert ledger.verify() == []
    run(ledger, statement)
    assert any(told in fault for fault in ledger.verify())


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DELETE FROM ledger_event WHERE number = 4", "event 4 is missing: the next is 5"),
        ("UPDATE ledger_event SET version = 7 WHERE number = 8", "event 8: version 7 does not"),
        (
            "UPDATE ledger_event SET state = 'received' WHERE number = 8",
            "event 8: approve does not lead from proposed to received",
        ),
        (
            "UPDATE ledger_event SET from_cases = 7 WHERE number = 8",
            "event 8: does not follow on proposed, 5 cases",
        ),
        (
            "UPDATE ledger_event SET action = 'undo', undoes = 99 WHERE number = 8",
            "event 8: undoes event 99, which is none of this transfer",
        ),
        (
            "UPDATE ledger_event SET action = 'undo', undoes = 8 WHERE number = 14",
            "event 14: does not give back what stood before event 8",
        ),
    ],
)
def test_the_replay_finds_events_that_were_forged(
    file_ledger: Ledger, statement: str, told: str
) -> None:
    record(file_ledger)
    decide(file_ledger, file_ledger.transfers(), Action.APPROVE)
    decide(file_ledger, file_ledger.transfers()[:1], Action.EDIT, cases=9)
    for verb in ("update", "delete"):
        run(file_ledger, f"DROP TRIGGER ledger_event_no_{verb}")
    run(file_ledger, statement)
    assert any(told in fault for fault in file_ledger.verify())


def run(ledger: Ledger, statement: str) -> None:
    ledger.database.write(lambda connection: connection.exec_driver_sql(statement))


def hang_up(server: Server, user: str) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE usename = '{user}' AND pid <> pg_backend_pid()"
    )
