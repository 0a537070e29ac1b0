"""A line of an audit record is an entry exactly as it was written. A forger's has the hash that fits, and is none."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from reconciler.audit.entry import Entry, Kind, as_data, canonical, decode, encode, genesis, sealed

ENTRY = sealed(Entry(1, "2026-01-01", "test", "l", "r", Kind.ACCESS, {"a": [1, None, "ü"]}, genesis("test", "l")))


def forged(**other: Any) -> bytes:
    """With the hash that fits."""
    data = {name: value for name, value in (as_data(ENTRY) | other).items() if name != "hash" and value is not ...}
    return canonical(data | {"hash": hashlib.sha256(canonical(data)).hexdigest()}) + b"\n"


def test_the_forger_of_these_tests_forges_well() -> None:
    assert forged() == encode(ENTRY)
    assert decode(forged(number=2)).number == 2
    assert decode(encode(ENTRY)) == ENTRY


@pytest.mark.parametrize("number", [True, 1.0, "1", None, [1]])
def test_a_number_is_a_number(number: object) -> None:
    with pytest.raises(ValueError, match="a field of another kind"):
        decode(forged(number=number))


@pytest.mark.parametrize("name", ["format", "time", "environment", "lineage", "run", "kind", "previous"])
@pytest.mark.parametrize("value", [None, 1, True, ["x"], {}])
def test_a_text_is_a_text(name: str, value: object) -> None:
    with pytest.raises(ValueError, match="a field of another kind"):
        decode(forged(**{name: value}))


@pytest.mark.parametrize("body", [None, [], "x", 1])
def test_a_body_is_an_object(body: object) -> None:
    with pytest.raises(ValueError, match="no entry"):
        decode(forged(body=body))


def test_no_field_is_missing_or_more() -> None:
    for name in as_data(ENTRY).keys() - {"hash"}:
        with pytest.raises(ValueError, match="no entry"):
            decode(forged(**{name: ...}))
    with pytest.raises(ValueError, match="no entry"):
        decode(forged(more=1))
    with pytest.raises(ValueError, match="no entry"):
        decode(b"[]\n")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (encode(ENTRY)[:-1], "not written whole"),
        (b"[" * 100_000 + b"\n", "nested too deep"),
        (forged(format="writ-audit/2"), "another format"),
        (forged(kind="party"), "is not a valid Kind"),
        (b" " + encode(ENTRY), "its hash is another"),
        (encode(ENTRY).replace(b'"number":1', b'"number":2'), "its hash is another"),
        (forged().replace(b"null", b"NaN"), "not JSON compliant"),
        (b"\n", "Expecting value"),
        (b"\xff\n", "invalid start byte"),
    ],
    ids=["cut", "deep", "format", "kind", "blank", "hash", "no number", "empty", "no text"],
)
def test_what_isnt_as_it_was_written_is_no_entry(line: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        decode(line)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_what_json_has_no_word_for_isnt_written(value: float) -> None:
    """Other readers of the record would refuse the line."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        sealed(Entry(1, "t", "test", "l", "r", Kind.ACCESS, {"a": value}, ""))


def test_a_hash_is_of_every_field() -> None:
    hashes = {ENTRY.hash, *(decode(forged(**{name: f"other {name}"})).hash for name in ("time", "environment", "run"))}
    hashes |= {decode(forged(kind=kind.value)).hash for kind in Kind}
    assert len(hashes) == 3 + len(Kind)
    assert genesis("a", "b") not in {genesis("a", ""), genesis("", "b"), genesis("b", "a")}
