"""What only a state in PostgreSQL has: connections that are lost, logins, a schema of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from reconciler.model import Address, Outcomes, SystemRecord
from reconciler.state import lockinfo
from reconciler.state.dsn import parse
from reconciler.state.errors import StateError
from reconciler.state.lock import locked
from reconciler.state.lockinfo import made
from reconciler.state.opening import open_store
from reconciler.state.postgres import PostgresStore
from tests.state.conftest import SECRET
from tests.state.test_store import ADDRESS, APPLIED, SYSTEM

STEPS = [(ADDRESS, "create")]


@contextmanager
def by_hand(shared: str) -> Iterator[psycopg.Connection[Any]]:
    """Another connection, in the state's schema."""
    url, _, schema = shared.partition("?schema=")
    with psycopg.connect(url, autocommit=True) as db:
        db.execute(f"SET search_path = {schema}".encode())
        yield db


def cut(db: psycopg.Connection[Any], store: PostgresStore) -> None:
    """End a store's connection at the server."""
    assert db.execute("SELECT pg_terminate_backend(%s, 5000)", (store._db.info.backend_pid,)).fetchone() == (True,)


def test_a_connection_lost_in_the_middle_is_told_and_its_lock_free_at_once(
    shared: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with PostgresStore(parse(shared)) as store, open_store(shared) as other, by_hand(shared) as db:
        with monkeypatch.context() as there:
            there.setattr(lockinfo, "here", lambda: "another/boot:pid:[1]")
            mine = made("apply", 600.0)
            assert store.take("production", mine) is None
            store.begin("production", STEPS, "me", lock=mine.id)
        cut(db, store)
        with pytest.raises(StateError, match=r"can't be used: .*terminat"):
            store.record("production", Outcomes(made=(APPLIED,)), "me", lock=mine.id)
        with pytest.raises(StateError, match="can't be used"):
            store.load("production")
        with locked(other, "production", "apply", timeout=0, notice=said.append):
            assert "whose connection to the database is gone" in said[0]
            found = other.load("production")
            assert (found.objects, [one.address for one in found.unfinished]) == ({}, [ADDRESS])


def test_a_write_cut_off_before_its_commit_is_not_there(shared: str) -> None:
    with PostgresStore(parse(shared)) as store, by_hand(shared) as db:
        store.put_all("production", (SYSTEM,), [APPLIED], "me")

        def halfway() -> None:
            with store._changing("production", "") as session:
                session.execute("DELETE FROM objects")
                cut(db, store)

        with pytest.raises(StateError, match="can't be used"):
            halfway()
    with open_store(shared) as store:
        assert (store.load("production").serial, len(store.load("production").objects)) == (1, 1)


def test_a_commit_whose_reply_is_lost_has_an_unknown_outcome(shared: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresStore(parse(shared)) as store:
        bounded = store._bounded

        def losing(statement: str, values: Any = ()) -> Any:
            found = bounded(statement, values)
            if statement == "COMMIT":
                store._db.close()
                raise psycopg.OperationalError("server closed the connection unexpectedly")
            return found

        monkeypatch.setattr(store, "_bounded", losing)
        with pytest.raises(StateError, match="its outcome is unknown"):
            store.record("production", Outcomes(made=(APPLIED,)), "me")
    with open_store(shared) as store:
        assert store.load("production").serial == 1


def test_no_password_is_told(shared: str, database: str) -> None:
    wrong = shared.replace(SECRET, "wr0ng-c4n4ry")
    garbled = shared.replace(SECRET, "c4n4ry-%zz/?@x")
    for url in (wrong, garbled, f"{shared}&sslmode=c4n4ry-mode", "postgresql://team:c4n4ry@127.0.0.1:1/iam"):
        with pytest.raises(StateError) as refused:
            open_store(url)
        failed: BaseException | None = refused.value
        told = f"{refused.value.message} {refused.value.help}"
        assert "127.0.0.1" in told or "x@127.0.0.1" in told
        while failed is not None:
            assert "c4n4ry-p4" not in str(failed)
            assert "wr0ng" not in str(failed)
            assert "c4n4ry-%" not in str(failed)
            failed = failed.__cause__
    with open_store(shared) as store:
        assert SECRET not in store.where


def test_first_runs_that_meet_make_one_state(shared: str) -> None:
    start = threading.Barrier(6)
    failed: list[Exception] = []

    def run(number: int) -> None:
        start.wait()
        try:
            with open_store(shared) as store:
                store.record(f"e{number}", Outcomes(made=(APPLIED,)), "me")
        except StateError as wrong:
            failed.append(wrong)

    racing = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for one in racing:
        one.start()
    for one in racing:
        one.join()
    assert failed == []
    with open_store(shared) as store:
        assert store.environments() == {f"e{number}": 1 for number in range(6)}


def test_reading_makes_nothing(shared: str) -> None:
    with open_store(shared, reading=True) as store:
        assert (store.load("production").lineage, store.environments(), store.locks()) == ("", {}, {})
    with by_hand(shared) as db:
        assert db.execute("SELECT to_regnamespace(current_setting('search_path'))").fetchone() == (None,)


def test_schema_5_is_read_and_brought_up_to_date(shared: str) -> None:
    system = SystemRecord("db", "postgres", {}, "cluster 7")
    with open_store(shared) as store:
        store.put_all("production", (system,), [], "me")
    with by_hand(shared) as db:
        db.execute("ALTER TABLE systems DROP COLUMN observed")
        db.execute("DROP TABLE retirements")
        db.execute("DROP TABLE ledger_ends")
        db.execute("UPDATE version SET number = 5")
    with open_store(shared, reading=True) as store:
        assert store.load("production").systems == {"db": system}
    for _ in range(2):
        with open_store(shared) as store:
            assert store.load("production").systems == {"db": system}
            store.put_all("production", (replace(system, observed={}),), [], "me")
            assert store.load("production").systems["db"].observed == {}
            store.put_all("production", (system,), [], "me")


def test_a_newer_schema_is_refused(shared: str) -> None:
    with open_store(shared):
        pass
    with by_hand(shared) as db:
        db.execute("UPDATE version SET number = 99")
    with pytest.raises(StateError, match="newer version"):
        open_store(shared)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE objects SET attributes = replace(attributes, '1', '2')",
        "UPDATE objects SET native_id = 'i-2'",
        "UPDATE systems SET settings = '{}'",
        "UPDATE environments SET serial = serial + 1",
        "UPDATE unfinished SET phase = 'delete'",
    ],
)
def test_damage_is_refused_and_located(shared: str, statement: str) -> None:
    with open_store(shared) as store:
        store.put_all("production", (SYSTEM,), [APPLIED], "me")
        store.begin("production", [(Address("db", "role", "x"), "create")], "me")
        with by_hand(shared) as db:
            db.execute(statement.encode())
        with pytest.raises(StateError, match=r"is damaged at (environments|objects|systems|unfinished) "):
            store.load("production")


def test_a_login_that_may_make_no_schema_is_told_what_to_ask_for(shared: str) -> None:
    with by_hand(shared) as db:
        db.execute("REVOKE CREATE ON DATABASE iam FROM team")
        try:
            with pytest.raises(StateError, match="permission denied") as refused:
                open_store(shared)
            assert "CREATE SCHEMA s" in refused.value.help
        finally:
            db.execute("GRANT CREATE ON DATABASE iam TO team")


def test_a_holder_that_sleeps_within_a_write_is_cut_off_by_the_server(shared: str) -> None:
    """It holds the row that whoever takes over must replace."""
    said: list[str] = []
    with PostgresStore(parse(shared)) as store, open_store(shared) as other:
        mine = replace(made("apply", 0.2), stamp=1.0)
        assert store.take("production", mine) is None
        store._bounded("SET idle_in_transaction_session_timeout = '400ms'")

        def sleep_within() -> None:
            with (
                store._changing("production", mine.id),
                locked(other, "production", "apply", timeout=5, notice=said.append) as theirs,
            ):
                other.begin("production", STEPS, "they", lock=theirs.id)

        with pytest.raises(StateError, match="can't be used"):
            sleep_within()
        assert "which didn't renew its lease" in said[0]
        assert other.load("production").serial == 1
