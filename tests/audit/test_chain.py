"""Whatever is edited, cut, swapped or repeated in an audit record is found, and where it was."""

from __future__ import annotations

import io
import random
from itertools import zip_longest
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.audit.chain import Wrong, verify
from reconciler.audit.checkpoint import Checkpoint, read_checkpoint, signed_text
from reconciler.audit.entry import Entry, Kind, decode, encode, genesis, sealed
from reconciler.state.errors import CheckpointError
from reconciler.state.ledger_file import LedgerFiles
from reconciler.state.signing import SigningKey
from tests.memory import wanted
from tests.workflow.desk import Desk

BODIES = st.dictionaries(
    st.text(max_size=8), st.none() | st.text(max_size=8) | st.integers() | st.booleans(), max_size=4
)


def chained(*bodies: dict[str, object], environment: str = "test", lineage: str = "l") -> list[bytes]:
    lines, head = [], genesis(environment, lineage)
    for number, body in enumerate(bodies, 1):
        entry = sealed(Entry(number, "2026-01-01", environment, lineage, "r", Kind.ACCESS, body, head))
        lines.append(encode(entry))
        head = entry.hash
    return lines


def last_of(lines: list[bytes]) -> Checkpoint:
    entry = decode(lines[-1])
    return Checkpoint(entry.environment, entry.lineage, entry.number, entry.hash, "then")


def flaw(lines: list[bytes], *checkpoints: Checkpoint) -> tuple[int, Wrong] | None:
    found = verify("test", lines, checkpoints)
    assert len(found.entries) == (found.flaw.number - 1 if found.flaw else len(lines))
    return (found.flaw.number, found.flaw.wrong) if found.flaw else None


LINES = chained(*({"address": f"db role {number}", "done": True} for number in range(1, 41)))
"""Of forty entries."""
MARK = last_of(LINES)


@given(st.lists(BODIES, max_size=6))
def test_what_was_written_is_intact(bodies: list[dict[str, object]]) -> None:
    lines = chained(*bodies)
    assert flaw(lines) is None
    assert [dict(entry.body) for entry in verify("test", lines).entries] == bodies
    assert [encode(decode(line)) for line in lines] == lines


@settings(max_examples=200)
@given(st.data())
def test_a_byte_that_is_changed_put_in_or_taken_out_is_located(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(LINES) - 1))
    line = LINES[index]
    at = data.draw(st.integers(0, len(line) - 2))
    byte = data.draw(st.integers(0, 255).filter(lambda byte: byte not in {line[at], 10}))
    tail = data.draw(st.sampled_from((line[at:], line[at + 1 :])))
    changed = line[:at] + bytes([byte]) + tail
    assert flaw([*LINES[:index], changed, *LINES[index + 1 :]]) == (index + 1, Wrong.EDITED)
    shorter = line[:at] + line[at + 1 :]
    assert flaw([*LINES[:index], shorter, *LINES[index + 1 :]]) == (index + 1, Wrong.EDITED)


@given(st.integers(0, len(LINES) - 1))
def test_an_entry_that_is_taken_out_is_named(index: int) -> None:
    wrong = Wrong.MISSING if index < len(LINES) - 1 else Wrong.CUT
    assert flaw([*LINES[:index], *LINES[index + 1 :]], MARK) == (index + 1, wrong)


@given(st.integers(0, len(LINES)))
def test_a_cut_at_the_end_is_found_by_a_checkpoint_only(count: int) -> None:
    assert flaw(LINES[:count]) is None
    assert flaw(LINES[:count], MARK) == (None if count == len(LINES) else (count + 1, Wrong.CUT))


@given(st.lists(st.integers(0, len(LINES) - 1), min_size=2, max_size=2, unique=True))
def test_entries_that_change_places_are_found_at_the_first(pair: list[int]) -> None:
    first, second = sorted(pair)
    swapped = list(LINES)
    swapped[first], swapped[second] = LINES[second], LINES[first]
    assert flaw(swapped) == (first + 1, Wrong.REORDERED)


@given(st.integers(0, len(LINES) - 1), st.integers(0, len(LINES)))
def test_an_entry_that_stands_twice_is_found(which: int, where: int) -> None:
    if where == which:
        where += 1
    assert flaw([*LINES[:where], LINES[which], *LINES[where:]]) == (where + 1, Wrong.REORDERED)


@pytest.mark.parametrize("index", [0, 20, 38])
def test_an_entry_written_anew_breaks_the_chain_behind_it(index: int) -> None:
    old = decode(LINES[index])
    forged = sealed(Entry(old.number, old.time, "test", "l", "r", old.kind, {"other": 1}, old.previous))
    lines = [*LINES[:index], encode(forged), *LINES[index + 1 :]]
    assert flaw(lines) == (index + 2, Wrong.REPLACED)


def test_a_record_written_anew_from_some_entry_on_is_found_by_a_checkpoint() -> None:
    anew = chained(*({"other": number} for number in range(40)))
    assert flaw(anew) is None
    assert flaw(anew, MARK) == (40, Wrong.REPLACED)


def test_another_environments_record_isnt_this_ones() -> None:
    assert flaw(chained({}, environment="staging")) == (1, Wrong.FOREIGN)
    stranger = sealed(Entry(1, "t", "test", "another", "r", Kind.ACCESS, {}, genesis("test", "l")))
    assert flaw([encode(stranger)]) == (1, Wrong.FOREIGN)


def test_a_last_line_without_an_end_is_torn() -> None:
    assert flaw([*LINES[:5], LINES[5][:-1]]) == (6, Wrong.TORN)
    assert flaw([*LINES[:5], LINES[5][:9]]) == (6, Wrong.TORN)


def test_thousands_of_mutations_of_real_runs_bytes_are_all_found_where_they_are(tmp_path: Path) -> None:
    desk, chance = Desk(tmp_path / "state.db"), random.Random(7)
    desk.apply(wanted("a", size=1), wanted("b", "a", size=1), wanted("c", size=1))
    desk.apply(destroy=True)
    written = list(LedgerFiles(tmp_path / "state.db").lines("test"))
    whole, mark = b"".join(written), last_of(written)
    assert flaw(written, mark) is None
    for _ in range(2000):
        mutated = mutation(whole, chance)
        if mutated == whole:
            continue
        pairs = enumerate(zip_longest(split(mutated), written), 1)
        first = next(number for number, (found, was) in pairs if found != was)
        found = verify("test", split(mutated), [mark])
        assert found.flaw is not None
        assert found.flaw.number == first, found.flaw


def mutation(whole: bytes, chance: random.Random) -> bytes:
    at, to, size = chance.randrange(len(whole)), chance.randrange(len(whole)), chance.choice((1, 1, 2, 40, 700))
    match chance.randrange(4):
        case 0:
            return whole[:at] + chance.randbytes(size) + whole[at + size :]
        case 1:
            return whole[:at] + whole[at + size :]
        case 2:
            return whole[:at] + whole[to : to + size] + whole[at:]
    return whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :]


def split(data: bytes) -> list[bytes]:
    """As a file's lines are read."""
    return list(io.BytesIO(data))


def test_a_checkpoint_is_only_what_was_signed_and_by_whom() -> None:
    key, other = (SigningKey(Ed25519PrivateKey.generate()) for _ in range(2))
    text = signed_text(MARK, key)
    found = read_checkpoint(text.encode(), "it", key.public)
    assert (found.checkpoint, found.signer) == (MARK, key.public)
    with pytest.raises(CheckpointError, match="is required"):
        read_checkpoint(text.encode(), "it", other.public)
    with pytest.raises(CheckpointError, match="changed after it was signed"):
        read_checkpoint(text.replace('"number": 40', '"number": 39').encode(), "it")
    for wrong in ("", "[]", "{}", text[:-9], text.replace("writ-checkpoint/1", "writ-checkpoint/2")):
        with pytest.raises(CheckpointError, match="no checkpoint"):
            read_checkpoint(wrong.encode(), "it")
