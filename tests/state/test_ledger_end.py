"""How far the audit record went is in the state: a record that is shorter, older or another is missed, and said so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from providers.aws.client import raw_client
from reconciler.audit.chain import Wrong
from reconciler.audit.entry import Entry, Kind, decode, encode, sealed
from reconciler.state.errors import LedgerBroken, NothingRecorded
from reconciler.state.ledger import End
from reconciler.state.ledger_file import LedgerFiles
from reconciler.state.local import LocalStore
from reconciler.state.opening import Place, open_store, reading_ledger
from reconciler.workflow import auditing
from reconciler.workflow.accepting import accept
from reconciler.workflow.applying import Application
from reconciler.workflow.auditing import audit, entries
from tests.memory import wanted
from tests.state.conftest import BUCKET
from tests.state.test_postgres import by_hand
from tests.workflow.desk import Desk

SIZES = iter(range(1, 1000))


def ran(desk: Desk) -> Application:
    """A run that does something."""
    return desk.apply(wanted("a", size=next(SIZES)))


def kept(place: Place) -> list[bytes]:
    with reading_ledger(place) as ledger:
        return list(ledger.lines("test")) if "test" in ledger.audited() else []


PutBack = Callable[[Sequence[bytes]], None]


@pytest.fixture
def put_back(place: Place, request: pytest.FixtureRequest) -> PutBack:
    """These lines, and no others: as somebody who may write the record, and not the state."""
    return lambda lines: _put_back(place, lines, request)


def _put_back(place: Place, lines: Sequence[bytes], request: pytest.FixtureRequest) -> None:
    if isinstance(place, Path):
        path = LedgerFiles(place).path("test")
        path.write_bytes(b"".join(lines))
        return
    rows = [(number, line.decode()) for number, line in enumerate(lines, 1)]
    if place.startswith("postgresql"):
        with by_hand(place) as db:
            db.execute("DELETE FROM audit")
            for number, line in rows:
                db.execute("INSERT INTO audit VALUES ('test', %s, %s)", (number, line))
        return
    client = raw_client("s3", request.getfixturevalue("bucket"), "us-east-1")
    prefix = place.removeprefix(f"s3://{BUCKET}/") + "/audit/test/"
    for one in client.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ()):
        client.delete_object(Bucket=BUCKET, Key=one["Key"])
    if lines:
        client.put_object(Bucket=BUCKET, Key=f"{prefix}000000000001.jsonl", Body=b"".join(lines))


def end(place: Place) -> End | None:
    with open_store(place, reading=True) as store:
        return store.end("test")


def test_the_state_knows_the_last_entry_of_each_run(place: Place) -> None:
    desk = Desk(place)
    for _ in range(2):
        assert ran(desk).result is not None
        last = decode(kept(place)[-1])
        assert (last.kind, end(place)) == (Kind.RUN_ENDED, End(last.number, last.hash))


def forged(entry: Entry) -> Entry:
    return sealed(Entry(**{name: getattr(entry, name) for name in entry.__slots__} | {"body": {"exit": 0}}))


def rewritten(lines: list[bytes]) -> list[bytes]:
    """Another second entry, and a chain that fits; and more of it."""
    found = [decode(line) for line in lines]
    made = [found[0]]
    for number, entry in enumerate([*found[1:], found[-1]], 2):
        fields = {name: getattr(entry, name) for name in entry.__slots__}
        made.append(sealed(Entry(**fields | {"number": number, "previous": made[-1].hash, "time": "2026-01-01"})))
    return [encode(entry) for entry in made]


TAMPERED: dict[str, Callable[[list[bytes]], list[bytes]]] = {
    "its last entry gone": lambda lines: lines[:-1],
    "the last run gone": lambda lines: lines[:4],
    "emptied": lambda _: [],
    "another last entry": lambda lines: [*lines[:-1], encode(forged(decode(lines[-1])))],
    "written anew and longer": rewritten,
}


@pytest.mark.parametrize("tampered", TAMPERED.values(), ids=TAMPERED)
def test_what_the_state_knows_and_the_record_lacks_stops_every_run(
    place: Place, put_back: PutBack, tampered: Callable[[list[bytes]], list[bytes]]
) -> None:
    desk = Desk(place)
    ran(desk)
    ran(desk)
    lines = kept(place)
    put_back(tampered(lines))
    found = audit(place, "test")
    assert found.verified.flaw is not None
    assert found.verified.flaw.wrong in {Wrong.CUT, Wrong.REPLACED}
    assert "the state knows" in found.verified.flaw.message
    before = dict(desk.memory.objects)
    refused = ran(desk)
    (told,) = refused.diagnostics
    assert (refused.result, told.code) == (None, "W619")
    assert "nothing was done" in told.message
    assert desk.memory.objects == before
    assert kept(place) == tampered(lines)

    put_back(lines)
    assert ran(desk).result is not None
    assert audit(place, "test").verified.flaw is None


def test_a_run_that_died_before_it_told_the_state_is_gone_on_with(place: Place) -> None:
    desk = Desk(place)
    ran(desk)
    known = end(place)
    with open_store(place) as store:
        lines = list(store.lines("test"))
        last = decode(lines[-1])
        fields = {name: getattr(last, name) for name in last.__slots__}
        more = sealed(Entry(**fields | {"number": last.number + 1, "previous": last.hash}))
        store.append("test", more.number, [encode(more)], end=End(more.number, more.hash))
    assert end(place) == known, "nothing of the state was written since"
    assert audit(place, "test").verified.flaw is None
    assert ran(desk).result is not None
    found = audit(place, "test")
    assert (found.verified.flaw, found.end) == (None, End(found.verified.entries[-1].number, found.verified.head))


def test_a_record_that_was_cut_is_gone_on_with_only_where_somebody_says_so(place: Place, put_back: PutBack) -> None:
    desk = Desk(place)
    ran(desk)
    assert accept(place, None) is None, "nothing is wrong"
    ran(desk)
    lines = kept(place)
    put_back(lines[:4])
    assert accept(place, "test") == ("test", len(lines), 4)
    found = entries(place, "test")
    assert (len(found), found[-1].kind) == (5, Kind.ACCEPTED)
    assert found[-1].body["known"] == {"number": len(lines), "hash": decode(lines[-1]).hash}
    assert found[-1].body["found"] == {"number": 4, "hash": decode(lines[3]).hash}
    assert ran(desk).result is not None


def test_a_record_that_was_lost_is_begun_anew_only_where_somebody_says_so(place: Place, put_back: PutBack) -> None:
    desk = Desk(place)
    ran(desk)
    known = len(kept(place))
    put_back([])
    assert ran(desk).result is None
    assert accept(place, None) == ("test", known, 0)
    assert ran(desk).result is not None
    assert entries(place, "test")[0].kind is Kind.ACCEPTED


def test_a_record_that_isnt_sound_in_itself_isnt_accepted(place: Place, put_back: PutBack) -> None:
    desk = Desk(place)
    ran(desk)
    lines = kept(place)
    put_back([*lines[:2], *lines[3:]])
    with pytest.raises(LedgerBroken, match="isn't sound in itself: entry 3 is missing"):
        accept(place, "test")


def test_without_a_state_nothing_is_missed(tmp_path: Path) -> None:
    with pytest.raises(NothingRecorded):
        accept(tmp_path / "state.db", None)


def test_a_file_of_entries_that_is_gone_is_still_the_states(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    desk = Desk(path)
    ran(desk)
    LedgerFiles(path).path("test").unlink()
    assert (flaw := audit(path, None).verified.flaw) is not None
    assert flaw.wrong is Wrong.CUT
    assert ran(desk).result is None


def test_a_state_that_is_gone_or_damaged_doesnt_hide_the_record(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    ran(Desk(path))
    with LocalStore(path) as store:
        store._db.execute("UPDATE ledger_ends SET number = 1")
    found = audit(path, "test")
    assert (found.verified.flaw, found.end) == (None, None)
    (told,) = found.diagnostics
    assert "can't be asked of the state" in told.message
    path.unlink()
    assert auditing.audit(path, "test").diagnostics == ()


def test_a_pushed_state_doesnt_change_what_is_known_of_the_record(place: Place) -> None:
    desk = Desk(place)
    ran(desk)
    known = end(place)
    with open_store(place) as store:
        store.replace(store.load("test"), "me")
    assert end(place) == known is not None
