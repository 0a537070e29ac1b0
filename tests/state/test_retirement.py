"""Retirements as JSON and back, in the state and in a saved plan: exactly, or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.model import (
    Action,
    Cause,
    Change,
    Deed,
    Due,
    Live,
    Marked,
    Meter,
    Origin,
    Ownership,
    Plan,
    Proof,
    Retired,
    RetirementRow,
    Stage,
    Successor,
    SystemRecord,
    Use,
    Waits,
)
from reconciler.state.codec import encode_address
from reconciler.state.errors import PlanFileError
from reconciler.state.planfile import load_plan, save_plan
from reconciler.state.retirement import (
    decode_meter,
    decode_retired,
    decode_row,
    encode_meter,
    encode_retired,
    encode_row,
)
from tests.state.test_codec import AT, FOUND, SPAN, put, wrongs
from tests.state.test_planfile import EMPTY, addresses, resources, spans, text, words

ZONES = st.sampled_from((UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=9))))
moments = st.datetimes(timezones=ZONES)
proofs = st.builds(Proof, words, words, moments, text, words, text)
many = st.lists(text, max_size=2).map(tuple)
retired = st.builds(
    Retired,
    words,
    addresses,
    st.sampled_from(Marked),
    st.none() | moments,
    text,
    st.none() | resources,
    text,
    st.lists(proofs, max_size=2).map(tuple),
)
rows = st.builds(
    RetirementRow,
    words,
    addresses,
    text,
    st.sampled_from(Stage),
    st.sampled_from(Deed),
    st.sampled_from(Waits),
    st.lists(st.builds(Successor, words, words, st.booleans(), st.none() | proofs), max_size=2).map(tuple),
    st.none() | moments,
    st.none() | moments,
    many,
    st.lists(st.builds(Use, text, text, st.none() | moments, st.booleans()), max_size=2).map(tuple),
    many,
    st.none() | resources,
    spans,
)
pairs = st.tuples(st.integers(0), st.integers(0))
meters = st.builds(Meter, pairs, pairs, st.none() | st.builds(Due, st.none() | moments, text))


def again(data: Any) -> Any:
    """As it is read from a file."""
    return json.loads(json.dumps(data))


@settings(max_examples=60)
@given(retired, rows, meters)
def test_each_comes_back_as_it_was(one: Retired, row: RetirementRow, meter: Meter) -> None:
    cases: tuple[tuple[Any, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
        (one, encode_retired, decode_retired),
        (row, encode_row, decode_row),
        (meter, encode_meter, decode_meter),
    )
    for was, encode, decode in cases:
        back = decode(again(encode(was)))
        assert back == was
        assert encode(back) == encode(was), "moments are equal in every zone; they come back in their own"


NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
PROOF = Proof("bot", "read", NOW, "me", "d1", "logged\nin")
RETIRED = Retired("svc", AT, Marked.LOCKED, NOW, "me", FOUND, "7", (PROOF, PROOF))
ROW = RetirementRow(
    "svc", AT, "login", Stage.QUARANTINED, Deed.DELETE, Waits.NOTHING,
    (Successor("bot", "read", True, PROOF), Successor("bot", "write", False, None)),
    NOW, NOW, ("a session",), (Use("session 7", "10.0.0.1", NOW), Use("key", now=False)), ("a table",), FOUND, SPAN,
)  # fmt: skip
METER = Meter((3, 2), (1, 2), Due(NOW, "delete svc"))
VALUES: dict[str, tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "retired": (RETIRED, encode_retired, decode_retired),
    "row": (ROW, encode_row, decode_row),
    "meter": (METER, encode_meter, decode_meter),
}
MAY_BE_NULL = {
    *(("retired", name) for name in ("since", "before")),
    *(("row", name) for name in ("since", "due", "before", "span")),
    *(("row", "successors", number, 3) for number in (0, 1)),
    *(("row", "uses", number, 2) for number in (0, 1)),
    ("meter", "next"),
    ("meter", "next", 0),
}


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Of every piece, down to what the systems' own attributes are."""
    found = [path]
    if path and path[-1] == "attributes":
        return found
    pieces = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in pieces:
        found += places(value, (*path, key))
    return found


def piece(data: Any, path: tuple[Any, ...]) -> Any:
    for step in path:
        data = data[step]
    return data


@pytest.mark.parametrize("name", VALUES)
def test_each_piece_has_its_shape(name: str) -> None:
    was, encode, decode = VALUES[name]
    data = again(encode(was))
    assert decode(data) == was
    for path in places(data):
        for what, edit in wrongs(piece(data, path), "must"):
            if what == "null" and ((name, *path) in MAY_BE_NULL or piece(data, path) is None):
                continue
            with pytest.raises(ValueError):
                pytest.fail(f"{what} at {path}: {decode(put(data, path, edit))}")


TABLES = [
    *(("retired", "proofs", number) for number in (0, 1)),
    *(("row", "successors", number) for number in (0, 1)),
    *(("row", "uses", number) for number in (0, 1)),
    ("row", "successors", 0, 3),
    ("meter", "standing"),
    ("meter", "dynamic"),
    ("meter", "next"),
]
"""Lists in which each place has its meaning."""


@pytest.mark.parametrize("path", TABLES, ids=str)
@pytest.mark.parametrize("edit", [lambda row: row[:-1], lambda row: [*row, row[-1]], lambda _: []])
def test_no_row_is_shorter_or_longer(path: tuple[Any, ...], edit: Callable[[Any], Any]) -> None:
    was, encode, decode = VALUES[path[0]]
    with pytest.raises(ValueError):
        decode(put(again(encode(was)), path[1:], edit))


@pytest.mark.parametrize("name", VALUES)
def test_no_key_is_missing_or_more(name: str) -> None:
    was, encode, decode = VALUES[name]
    data = again(encode(was))
    for key in data:
        with pytest.raises(ValueError):
            decode({other: value for other, value in data.items() if other != key})
    with pytest.raises(ValueError):
        decode(data | {"more": None})


@pytest.mark.parametrize(
    ("name", "path"),
    [("retired", ("since",)), ("retired", ("proofs", 0, 2)), ("row", ("due",)), ("row", ("uses", 0, 2))],
)
@pytest.mark.parametrize("moment", ["2026-12-01T12:00:00", "2026-12-01", "soon", ""])
def test_a_moment_has_a_zone(name: str, path: tuple[Any, ...], moment: str) -> None:
    """One that is taken for another zone's lets a quarantine end hours too early."""
    was, encode, decode = VALUES[name]
    with pytest.raises(ValueError):
        decode(put(again(encode(was)), path, lambda _: moment))


def test_what_isnt_there_is_null() -> None:
    bare = Retired("svc", AT)
    assert encode_retired(bare) | {"address": None} == {
        "name": "svc", "address": None, "marked": "", "since": None, "who": "", "before": None, "native_id": "",
        "proofs": [],
    }  # fmt: skip
    assert encode_meter(None) is None
    assert encode_meter(Meter()) == {"standing": [0, 0], "dynamic": [0, 0], "next": None}
    assert encode_row(ROW)["address"] == encode_address(AT)
    assert encode_row(ROW)["successors"][1] == ["bot", "write", False, None]


def planned(row: RetirementRow, meter: Meter | None) -> Plan:
    live = Live(FOUND, Ownership.UNMARKED, native_id="7")
    change = Change(AT, Action.DELETE, Cause.SPEC, live, None, origin=Origin("retirement svc"))
    done = (change,) if row.deed is Deed.DELETE else ()
    return replace(EMPTY, systems=(SystemRecord("db", "postgres", {}),), changes=done, retirements=(row,), meter=meter)


@pytest.mark.parametrize("meter", [None, METER, replace(METER, next=None), replace(METER, next=Due(None, "prove it"))])
@pytest.mark.parametrize("row", [ROW, RetirementRow("svc", AT, "", Stage.GONE, Deed.NOTHING, Waits.NOTHING)])
def test_a_saved_plan_keeps_them(tmp_path: Path, row: RetirementRow, meter: Meter | None) -> None:
    plan = planned(row, meter)
    save_plan(plan, tmp_path / "plan")
    assert load_plan(tmp_path / "plan") == plan


@pytest.mark.parametrize(
    "wrong",
    [
        replace(planned(ROW, METER), changes=()),
        replace(planned(replace(ROW, deed=Deed.NOTHING), METER), changes=planned(ROW, METER).changes),
        planned(replace(ROW, deed=Deed.QUARANTINE), METER),
        replace(planned(ROW, METER), retirements=(ROW, ROW)),
        planned(replace(ROW, deed=Deed.NOTHING, address=AT._replace(system="other")), METER),
        planned(replace(ROW, since=NOW.replace(tzinfo=None)), METER),
        planned(ROW, replace(METER, standing=(-1, 0))),
    ],
    ids=["no step", "a step for nothing", "another step", "twice", "an unknown system", "no zone", "less than nothing"],
)
def test_a_saved_plan_that_contradicts_itself_is_refused(tmp_path: Path, wrong: Plan) -> None:
    save_plan(wrong, tmp_path / "plan")
    with pytest.raises(PlanFileError, match="damaged"):
        load_plan(tmp_path / "plan")
