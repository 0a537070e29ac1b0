"""Saved plans: exact round trips, and refusal of anything else."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model import (
    Action,
    Address,
    AttributeChange,
    Cause,
    Change,
    DriftItem,
    DriftKind,
    Live,
    Origin,
    Ownership,
    Plan,
    Resource,
    SystemRecord,
)
from reconciler.state.errors import PlanFileError
from reconciler.state.planfile import decode_plan, encode_plan, is_plan, load_plan, save_plan
from specs.diagnostic import Diagnostic, Severity
from specs.source import SourceSpan

text = st.text(max_size=12)
addresses = st.builds(Address, text, text, text)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
spans = st.none() | st.builds(SourceSpan, text, st.integers(1), st.integers(1), st.integers(0))
origins = st.none() | st.builds(Origin, text, text, text, spans)
resources = st.builds(Resource, addresses, st.dictionaries(text, values, max_size=3))
needs = st.lists(addresses, max_size=2).map(tuple)
lives = st.none() | st.builds(Live, resources, st.sampled_from(Ownership), needs, text, text, st.booleans())
attributes = st.lists(
    st.builds(AttributeChange, text, values, values, st.sampled_from(Cause), st.booleans()), max_size=2
).map(tuple)
changes = st.builds(
    Change,
    addresses,
    st.sampled_from(Action),
    st.sampled_from(Cause),
    lives,
    st.none() | resources,
    attributes,
    origins,
    needs,
)
plans = st.builds(
    Plan,
    environment=text,
    created=st.datetimes(timezones=st.just(UTC)),
    specs_digest=text,
    lineage=text,
    serial=st.integers(0),
    systems=st.lists(st.builds(SystemRecord, text, text, st.dictionaries(text, values, max_size=2)), max_size=2).map(
        tuple
    ),
    changes=st.lists(changes, max_size=3).map(tuple),
    diagnostics=st.lists(
        st.builds(Diagnostic, st.sampled_from(Severity), text, text, text, text, spans), max_size=2
    ).map(tuple),
    targets=st.lists(text, max_size=2).map(tuple),
    facts=st.dictionaries(text, st.dictionaries(text, text, max_size=2), max_size=2),
    destroy=st.booleans(),
    drift=st.lists(
        st.builds(DriftItem, addresses, st.sampled_from(DriftKind), attributes, origins, lives), max_size=2
    ).map(tuple),
)
EMPTY = Plan("production", datetime(2026, 1, 1, tzinfo=UTC), "d", "l", 1, (), ())


@given(plans)
def test_a_plan_survives_its_encoding(plan: Plan) -> None:
    assert decode_plan(encode_plan(plan)) == plan


def test_a_saved_plan_is_loaded_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    save_plan(EMPTY, file)
    assert load_plan(file) == EMPTY
    assert is_plan(file)
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]


def test_any_changed_byte_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan"
    save_plan(EMPTY, file)
    whole = file.read_bytes()
    dice = random.Random(1)
    for _ in range(200):
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
        file.write_bytes(damaged)
        with pytest.raises(PlanFileError):
            load_plan(file)


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\xff\xfe", b'{"format": "writ-plan/9", "plan": "", "sha256": ""}', b"[" * 100_000],
)
def test_what_is_no_plan_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "plan"
    file.write_bytes(content)
    with pytest.raises(PlanFileError):
        load_plan(file)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlanFileError, match="nowhere"):
        save_plan(EMPTY, tmp_path / "nowhere" / "plan")
