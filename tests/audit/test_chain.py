"""Whatever is edited, cut, swapped or repeated in an audit record is found, and where it was."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
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
from reconciler.state.ledger import End
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


def test_a_checkpoint_has_an_end() -> None:
    text = signed_text(MARK, SigningKey(Ed25519PrivateKey.generate())).encode()
    assert read_checkpoint(text.ljust(64 * 1024), "it").checkpoint == MARK
    with pytest.raises(CheckpointError, match="no checkpoint"):
        read_checkpoint(text.ljust(64 * 1024 + 1), "it")


@pytest.mark.parametrize("name", ["environment", "lineage", "number", "hash", "time"])
def test_each_piece_of_a_checkpoint_has_its_shape_and_is_signed(name: str) -> None:
    data = json.loads(signed_text(MARK, SigningKey(Ed25519PrivateKey.generate())))
    for wrong in (None, 1.5, ["x"], -1, True):
        with pytest.raises(CheckpointError, match="no checkpoint"):
            read_checkpoint(json.dumps(data | {name: wrong}).encode(), "it")
    with pytest.raises(CheckpointError, match="no checkpoint"):
        read_checkpoint(json.dumps({key: value for key, value in data.items() if key != name}).encode(), "it")
    other = 41 if name == "number" else "other"
    with pytest.raises(CheckpointError, match="changed after it was signed"):
        read_checkpoint(json.dumps(data | {name: other}).encode(), "it")


def told(lines: list[bytes], *checkpoints: Checkpoint, end: End | None = None) -> str:
    found = verify("test", lines, checkpoints, end).flaw
    return found.message if found is not None else ""


def marks(*counts: int) -> list[Checkpoint]:
    return [replace(last_of(LINES[:count]), time=f"day {count}") for count in counts]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([*LINES[:4], *LINES[5:]], "entry 5 is missing"),
        ([*LINES[:4], *LINES[6:]], "entries 5 to 6 are missing"),
        ([*LINES[:4], *LINES[20:]], "entries 5 to 20 are missing"),
        (LINES[1:], "entry 1 is missing"),
        ([*LINES[:4], LINES[5], LINES[4], *LINES[6:]], "entry 6 stands where entry 5 belongs"),
        ([*LINES[:5], LINES[4], *LINES[5:]], "entry 5 stands where entry 6 belongs"),
        ([*LINES[:4], LINES[5][:-1]], "entry 5 isn't whole: its line has no end"),
        ([*LINES[:4], b"{}\n"], "entry 5 was edited: no entry"),
        ([], ""),
        (LINES, ""),
    ],
)
def test_what_is_wrong_is_said_by_its_numbers(lines: list[bytes], message: str) -> None:
    assert told(lines) == message


def test_which_of_two_entries_dont_go_together_is_said() -> None:
    other = chained(*({"other": number} for number in range(5)))
    assert told([*other[:4], *LINES[4:]]) == "entry 5 doesn't follow entry 4: one of the two was replaced"
    assert told(chained({}, environment="staging")) == "entry 1 is of environment staging"
    assert (
        told(chained({}), last_of(LINES[:1]))
        == "entry 1, or one before it, isn't the one that the checkpoint of then knows"
    )


@pytest.mark.parametrize("order", [(20, 30, 40), (40, 30, 20), (30, 40, 20)])
@pytest.mark.parametrize(
    ("count", "gone"),
    [
        (39, "entry 40 is gone from the end: the checkpoint of day 40 knows 40"),
        (38, "entries 39 to 40 are gone from the end: the checkpoint of day 40 knows 40"),
        (30, "entries 31 to 40 are gone from the end: the checkpoint of day 40 knows 40"),
        (10, "entries 11 to 40 are gone from the end: the checkpoint of day 40 knows 40"),
        (0, "entries 1 to 40 are gone from the end: the checkpoint of day 40 knows 40"),
        (40, ""),
    ],
)
def test_of_several_marks_the_furthest_says_what_is_gone(order: tuple[int, ...], count: int, gone: str) -> None:
    assert told(LINES[:count], *marks(*order)) == gone


def test_of_several_marks_the_first_that_doesnt_hold_is_told() -> None:
    anew = [*LINES[:25], *chained(*({"other": number} for number in range(40)))[25:]]
    assert told(anew, *marks(40, 20)) == "entry 26 doesn't follow entry 25: one of the two was replaced"
    anew = chained(*({"other": number} for number in range(40)))
    knows = "isn't the one that the checkpoint of day 20 knows"
    assert told(anew, *marks(40, 20)) == f"entry 20, or one before it, {knows}"
    assert told(anew, *marks(40, 20), end=End(41, "x")) == f"entry 20, or one before it, {knows}"


def test_the_state_is_a_mark_as_checkpoints_are() -> None:
    head = decode(LINES[-1]).hash
    assert told(LINES, end=End(40, head)) == ""
    assert told(LINES, end=End(39, decode(LINES[38]).hash)) == "", "a run died before it told the state"
    assert told(LINES[:39], *marks(30), end=End(40, head)) == "entry 40 is gone from the end: the state knows 40"
    assert told(LINES[:39], *marks(40), end=End(30, decode(LINES[29]).hash)).endswith(
        "the checkpoint of day 40 knows 40"
    )
    assert told(LINES, end=End(40, "x")) == "entry 40, or one before it, isn't the one that the state knows"
    assert told([], end=End(1, "x")) == "entry 1 is gone from the end: the state knows 1"


def test_whether_an_entry_that_somebody_knows_is_there() -> None:
    whole, empty = verify("test", LINES), verify("test", [])
    hashes = [entry.hash for entry in whole.entries]
    for number in (1, 7, 40):
        assert whole.holds(End(number, hashes[number - 1]))
        assert not whole.holds(End(number, hashes[number - 2]))
    assert not whole.holds(End(41, hashes[0]))
    assert not verify("test", LINES[:39]).holds(End(40, hashes[39]))
    assert not empty.holds(End(1, hashes[0]))
