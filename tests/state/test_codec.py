"""Values as JSON and back: exactly, or not at all. Wherever a piece of it has another shape, it is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reconciler.model import (
    AccessChange,
    AccessRow,
    Action,
    Address,
    Applied,
    Aspect,
    AttributeChange,
    ByHand,
    Cause,
    Change,
    Comparison,
    DriftItem,
    DriftKind,
    Limit,
    Live,
    Mover,
    Origin,
    Ownership,
    Resource,
    State,
    SystemRecord,
    Ttl,
    Unfinished,
    Verdict,
    Witness,
)
from reconciler.state import codec, document, shape
from reconciler.state.errors import StateError
from specs.diagnostic import Diagnostic, Severity
from specs.source import SourceSpan

AT, UNDER = Address("db", "role", "a\nb"), Address("db", "group", "g")
SPAN = SourceSpan("specs/a.yaml", 3, 5, 9)
ORIGIN = Origin("why", "bot", "read", SPAN)
FOUND = Resource(AT, {"size": 1, "on": True, "tags": {"a": ["b", None]}})
LIVE = Live(FOUND, Ownership.OURS, (UNDER,), "7", "a note", False, "i-1")
ITEM = AttributeChange("size", 1, {"a": [2]}, Cause.OUTSIDE, True)
VALUES: dict[str, tuple[Any, Callable[[Any], Any], Callable[[Any], Any]]] = {
    "address": (AT, codec.encode_address, codec.decode_address),
    "span": (SPAN, codec.encode_span, codec.decode_span),
    "origin": (ORIGIN, codec.encode_origin, codec.decode_origin),
    "resource": (FOUND, codec.encode_resource, codec.decode_resource),
    "observed": ({AT: FOUND, UNDER: Resource(UNDER, {})}, codec.encode_observed, codec.decode_observed),
    "live": (LIVE, codec.encode_live, codec.decode_live),
    "change": (
        Change(
            AT, Action.UPDATE, Cause.BOTH, LIVE, FOUND, (ITEM,), ORIGIN, (UNDER,), by_hand=ByHand("it would", "drop it")
        ),
        codec.encode_change,
        codec.decode_change,
    ),
    "drift": (
        DriftItem(AT, DriftKind.CHANGED, (ITEM,), ORIGIN, LIVE, FOUND, True),
        codec.encode_drift_item,
        codec.decode_drift_item,
    ),
    "access": (
        AccessRow(
            Mover.OUTSIDE,
            AccessChange(
                AT,
                Aspect.REACH,
                Comparison(
                    Verdict.WIDENS, (Witness("read x", True, "sure"),), (Witness("read y", False, ""),), ("a note",)
                ),
            ),
            "bot",
            "read",
        ),
        codec.encode_access,
        codec.decode_access,
    ),
    "ttl": (Ttl("bot", "read", "db", 600, Limit(3600, "AWS", "on it")), codec.encode_ttl, codec.decode_ttl),
    "diagnostic": (
        Diagnostic(Severity.WARNING, "W1", "said", "of it", "do this", SPAN),
        codec.encode_diagnostic,
        codec.decode_diagnostic,
    ),
    "system": (SystemRecord("db", "postgres", {"port": 5432}), codec.encode_system, codec.decode_system),
}
STATE = State(
    "production",
    "L",
    3,
    {AT: Applied(FOUND, ORIGIN, (UNDER,), "i-1")},
    {"db": SystemRecord("db", "postgres", {"port": 5432}, "here", {UNDER: Resource(UNDER, {"a": 1})})},
    (Unfinished(AT, "create", "run", "me", "2026-01-01"),),
)
MAY_BE_NULL = {"observed", "before", "after", "origin", "by_hand", "live", "applied", "span"}
VALUES_OF_SYSTEMS = {"attributes", "settings"}
"""Beneath these any JSON value stands."""


def places(data: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Of every piece of it."""
    yield path
    free = bool(path) and (path[-1] in VALUES_OF_SYSTEMS and isinstance(data, dict))
    inner = {"before", "after"} if isinstance(data, dict) and {"name", "replaces"} <= data.keys() else set()
    if isinstance(data, dict) and not free:
        for key, value in data.items():
            if key not in inner:
                yield from places(value, (*path, key))
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from places(value, (*path, number))


def put(data: Any, path: tuple[Any, ...], edit: Callable[[Any], Any]) -> Any:
    """With one piece edited."""
    whole = {"root": copy.deepcopy(data)}
    holder: Any = whole
    for step in ("root", *path)[:-1]:
        holder = holder[step]
    last = ("root", *path)[-1]
    holder[last] = edit(holder[last])
    return whole["root"]


def wrongs(piece: Any, key: Any) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """What can't stand in its place."""
    yield "a fraction", lambda _: 1.5
    if key not in MAY_BE_NULL:
        yield "null", lambda _: None
    if isinstance(piece, dict):
        yield "a list", lambda _: []
        yield "text", lambda _: "x"
    elif isinstance(piece, list):
        yield "an object", lambda _: {}
        yield "text", lambda _: "x"
    elif isinstance(piece, bool):
        yield "a number", lambda _: 1
        yield "text", lambda _: "true"
    elif isinstance(piece, int):
        yield "less than nothing", lambda _: -1
        yield "a truth", lambda _: True
        yield "text", lambda _: "1"
    else:
        yield "a number", lambda _: 1
        yield "a list", lambda _: []


@pytest.mark.parametrize("name", VALUES)
def test_it_comes_back_as_it_was(name: str) -> None:
    was, encode, decode = VALUES[name]
    assert decode(json.loads(json.dumps(encode(was)))) == was


@pytest.mark.parametrize("name", VALUES)
def test_each_piece_has_its_shape(name: str) -> None:
    was, encode, decode = VALUES[name]
    data = json.loads(json.dumps(encode(was)))
    for path in places(data):
        found = data
        for step in path:
            found = found[step]
        for what, edit in wrongs(found, path[-1] if path else name):
            with pytest.raises(ValueError):
                pytest.fail(f"{what} at {path}: {decode(put(data, path, edit))}")


@pytest.mark.parametrize("name", VALUES)
def test_no_key_is_missing_or_more(name: str) -> None:
    was, encode, decode = VALUES[name]
    data = json.loads(json.dumps(encode(was)))
    for path in places(data):
        found = data
        for step in path:
            found = found[step]
        if not isinstance(found, dict) or (path and path[-1] in VALUES_OF_SYSTEMS):
            continue
        for key in (*found, "more"):
            edited = put(
                data,
                path,
                lambda was, key=key: {**was, "more": 1} if key == "more" else {k: was[k] for k in was if k != key},
            )
            with pytest.raises(ValueError):
                pytest.fail(f"{key} at {path}: {decode(edited)}")


@pytest.mark.parametrize("name", VALUES)
def test_no_array_of_pieces_is_shorter_or_longer(name: str) -> None:
    if name not in {"address", "span"}:
        return
    was, encode, decode = VALUES[name]
    data = encode(was)
    for wrong in (data[:-1], [*data, data[-1]], []):
        with pytest.raises(ValueError):
            decode(wrong)


@pytest.mark.parametrize("encode", [codec.encode_span, codec.encode_origin, codec.encode_resource, codec.encode_live])
def test_what_isnt_there_is_null(encode: Callable[[Any], Any]) -> None:
    assert encode(None) is None
    assert codec.decode_span(None) is codec.decode_origin(None) is codec.decode_observed(None) is None
    assert codec.encode_observed(None) is None


def test_what_is_shown_can_be_shown() -> None:
    for wrong in ("a\nb", "\x1b[0m", "\u202e"):
        with pytest.raises(ValueError):
            shape.word(wrong)
    assert (shape.word("ü x"), shape.sendable("a\nb"), shape.text("\n")) == ("ü x", "a\nb", "\n")
    for wrong in ("\ud800", 1):
        with pytest.raises(ValueError):
            shape.sendable(wrong)


def nested(depth: int, kind: type[list[Any] | dict[str, Any]]) -> Any:
    found: Any = "x"
    for _ in range(depth):
        found = [found] if kind is list else {"k": found}
    return found


@pytest.mark.parametrize("kind", [list, dict])
def test_a_value_is_forty_deep_at_most(kind: type[list[Any] | dict[str, Any]]) -> None:
    assert shape.value(nested(40, kind)) == nested(40, kind)
    with pytest.raises(ValueError):
        shape.value(nested(41, kind))
    for wrong in (1.5, ["\ud800"], {"\ud800": 1}, {"k": 1.5}, {1: 2}, ("a",)):
        with pytest.raises(ValueError):
            shape.value(wrong)


def test_attributes_have_names_that_can_be_shown() -> None:
    assert shape.values({"a": 1}) == {"a": 1}
    for wrong in ({"a\n": 1}, {"a": 1.5}, []):
        with pytest.raises(ValueError):
            shape.values(wrong)
    assert shape.mapping(shape.number, {"a": 0}) == {"a": 0}
    for wrong in ({"a\n": 1}, {"a": -1}, []):
        with pytest.raises(ValueError):
            shape.mapping(shape.number, wrong)


def test_a_document_comes_back_as_it_was() -> None:
    body = document.encode_state(STATE, fence="f")
    assert document.decode_state(body, "it") == (STATE, {"fence": "f"})
    assert document.encode_state(*document.decode_state(body, "it")[:1], fence="f") == body


def sealed(data: dict[str, Any]) -> bytes:
    """A forger's: with the digest that fits."""
    rest = {name: value for name, value in data.items() if name != "digest"}
    return json.dumps(rest | {"digest": document._digest(rest)}).encode()


def test_a_documents_pieces_have_their_shapes() -> None:
    data = json.loads(document.encode_state(STATE, fence="f"))
    assert document.decode_state(sealed(data), "it")[0] == STATE, "the forger of this test forges well"
    for path in places(data):
        if path[:1] in {("digest",), ("format",)} or not path:
            continue
        found = data
        for step in path:
            found = found[step]
        # An earlier version knew no observed; origin alone says why an object is there, and must be.
        for what, edit in wrongs(found, path[-1] if path[-1] != "origin" else "must"):
            if path[:1] == ("systems",) and path[2:] == (2,) and what == "null":
                continue
            with pytest.raises(StateError):
                pytest.fail(f"{what} at {path}: {document.decode_state(sealed(put(data, path, edit)), 'it')}")


def test_a_document_of_before_anything_was_observed_is_read() -> None:
    data = json.loads(document.encode_state(STATE))
    (system,) = data["systems"]
    (found,) = document.decode_state(sealed(data | {"systems": [system[:2]]}), "it")[0].systems.values()
    assert (found.place, found.observed) == ("here", None)
    for wrong in (system[:1], [*system, None], [], {}):
        with pytest.raises(StateError, match="is no state"):
            document.decode_state(sealed(data | {"systems": [wrong]}), "it")


def test_a_document_that_isnt_as_it_was_written_is_refused() -> None:
    data = json.loads(document.encode_state(STATE))
    for wrong, why in (
        (json.dumps(data | {"serial": 4}), "its digest is another"),
        (json.dumps(data | {"format": "writ-state/9"}), "written by a newer version"),
        (sealed(data | {"format": "other/1"}).decode(), "its format is another"),
        (sealed(data | {"more": {"fence": 1}}).decode(), "no text"),
        ("[]", "is no state"),
        ("{", "is no state"),
        ("[" * 100_000, "is no state"),
    ):
        with pytest.raises(StateError, match=why):
            document.decode_state(wrong.encode(), "it")


def test_a_document_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    body = document.encode_state(STATE)
    monkeypatch.setattr(document, "MOST", len(body))
    assert document.decode_state(body, "it")[0] == STATE
    monkeypatch.setattr(document, "MOST", len(body) - 1)
    with pytest.raises(StateError, match="too large"):
        document.decode_state(body, "it")
