"""A run's hand on the audit record: it goes on from the last entry there, if that is the one that the state knows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.audit.chain import verify
from reconciler.audit.entry import Entry, Kind, decode, encode, genesis, sealed
from reconciler.audit.journal import Journal
from reconciler.state.errors import LedgerBroken
from reconciler.state.ledger import End
from reconciler.state.ledger_file import LedgerFiles
from reconciler.state.local import LocalStore
from reconciler.state.lockinfo import made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def store(path: Path) -> Iterator[LocalStore]:
    with LocalStore(path) as opened:
        yield opened


def wrote(store: LocalStore, *bodies: dict[str, object], accepting: bool = False) -> None:
    """A run's whole life: as its lock is given back, the state is told how far the record goes."""
    mine = made("apply", 20.0)
    assert store.take("test", mine) is None
    try:
        journal = Journal(store, "test", "l", mine.id, accepting=accepting)
        for body in bodies:
            journal.write([(Kind.ACCESS, body)])
    finally:
        store.release("test", mine.id)


def lines(store: LocalStore) -> list[bytes]:
    return list(store.lines("test"))


def put(path: Path, *some: bytes) -> None:
    LedgerFiles(path).path("test").write_bytes(b"".join(some))


def made_anew(line: bytes, **other: object) -> bytes:
    entry = decode(line)
    return encode(sealed(Entry(**{name: getattr(entry, name) for name in entry.__slots__} | other)))


def test_a_run_goes_on_where_the_last_one_ended(store: LocalStore) -> None:
    wrote(store, {"a": 1}, {"a": 2})
    wrote(store, {"a": 3})
    found = verify("test", lines(store), end=store.end("test"))
    assert (found.flaw, [entry.number for entry in found.entries]) == (None, [1, 2, 3])
    assert found.entries[0].previous == genesis("test", "l")
    assert store.end("test") == End(3, found.head)


def test_several_entries_at_once_are_a_chain(store: LocalStore) -> None:
    Journal(store, "test", "l", "").write([(Kind.ACCESS, {"a": number}) for number in range(3)])
    assert [dict(entry.body) for entry in verify("test", lines(store)).entries] == [{"a": 0}, {"a": 1}, {"a": 2}]


@pytest.mark.parametrize("torn", [b'{"bo', b"x"])
def test_a_line_that_was_never_written_whole_is_cut_off_and_told_once(
    store: LocalStore, path: Path, torn: bytes
) -> None:
    wrote(store, {"a": 1})
    put(path, *lines(store), torn)
    wrote(store, {"a": 2}, {"a": 3})
    found = verify("test", lines(store), end=store.end("test"))
    assert (found.flaw, [entry.kind for entry in found.entries]) == (
        None,
        [Kind.ACCESS, Kind.MENDED, Kind.ACCESS, Kind.ACCESS],
    )
    told = {"after": 1, "bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()}
    assert found.entries[1].body == told


def test_what_is_no_entry_is_gone_on_from_by_nobody(store: LocalStore, path: Path) -> None:
    wrote(store, {"a": 1})
    first = lines(store)[0]
    for last in (b"{}\n", first.replace(b'"a":1', b'"a":2'), b"\n"):
        put(path, first, last)
        for accepting in (False, True):
            with pytest.raises(LedgerBroken, match=r"the last entry .* isn't as it was written"):
                wrote(store, {"a": 2}, accepting=accepting)
        assert lines(store) == [first, last]


def test_a_record_that_was_cut_is_told_as_such(store: LocalStore, path: Path) -> None:
    wrote(store, {"a": 1}, {"a": 2}, {"a": 3})
    whole = lines(store)
    for count in (0, 1, 2):
        put(path, *whole[:count])
        with pytest.raises(LedgerBroken, match=f"ends with entry {count}, and the state knows 3: it was cut"):
            wrote(store, {"a": 4})
        assert lines(store) == whole[:count]


def test_a_record_with_another_end_is_told_as_such(store: LocalStore, path: Path) -> None:
    wrote(store, {"a": 1}, {"a": 2})
    first, last = lines(store)
    other = made_anew(last, body={"a": 9})
    more = made_anew(last, number=3, previous=decode(other).hash)
    for tampered in ((first, other), (first, other, more)):
        put(path, *tampered)
        with pytest.raises(LedgerBroken, match="has another entry 2, and the state knows 2"):
            wrote(store, {"a": 3})
        assert lines(store) == list(tampered)


def test_of_entries_that_the_state_wasnt_told_of_those_before_must_be_the_ones_that_it_knows(
    store: LocalStore, path: Path
) -> None:
    """A run died before it could: what it wrote stands behind what the state knows, and nothing else does."""
    wrote(store, {"a": 1}, {"a": 2})
    first, known = lines(store)
    more = made_anew(known, number=3, previous=decode(known).hash)
    for tampered in ((first, b"{}\n", more), (first, known[:-9] + b"\n", more), (known, first, more), (more,)):
        put(path, *tampered)
        with pytest.raises(LedgerBroken, match="has another entry 2, and the state knows 2"):
            wrote(store, {"a": 4})
    put(path, first, known, more)
    wrote(store, {"a": 4})
    assert verify("test", lines(store), end=store.end("test")).flaw is None
    assert (end := store.end("test")) is not None
    assert end.number == 4


def test_what_is_accepted_is_gone_on_with_and_known_from_then_on(store: LocalStore, path: Path) -> None:
    wrote(store, {"a": 1}, {"a": 2})
    put(path, lines(store)[0])
    wrote(store, {"a": 3}, accepting=True)
    assert (end := store.end("test")) is not None
    assert end.number == 2
    wrote(store, {"a": 4})
    assert verify("test", lines(store), end=store.end("test")).flaw is None


def test_lines_are_added_under_the_number_that_is_free(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a table or a bucket that keeps two runs from the same one."""
    wrote(store, {"a": 1}, {"a": 2})
    firsts: list[int] = []
    monkeypatch.setattr(store, "append", lambda _environment, first, _lines, **_: firsts.append(first))
    wrote(store, {"a": 3}, {"a": 4})
    assert firsts == [3, 4]
