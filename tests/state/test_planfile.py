"""Saved plans: exact round trips, and refusal of anything else."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
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
words = st.text(st.characters(categories=("L", "N", "P", "S")), max_size=12)
addresses = st.builds(Address, words, words, text)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=6,
)
spans = st.none() | st.builds(SourceSpan, text, st.integers(1), st.integers(1), st.integers(0))
origins = st.none() | st.builds(Origin, text, text, text, spans)
resources = st.builds(Resource, addresses, st.dictionaries(words, values, max_size=3))
needs = st.lists(addresses, max_size=2).map(tuple)
lives = st.none() | st.builds(
    Live, resources, st.sampled_from(Ownership), needs, text, text, st.booleans(), overdue=text
)
attributes = st.lists(
    st.builds(AttributeChange, words, values, values, st.sampled_from(Cause), st.booleans()), max_size=2
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
    environment=words,
    created=st.datetimes(timezones=st.just(UTC)),
    specs_digest=words,
    lineage=words,
    serial=st.integers(0),
    systems=st.lists(st.builds(SystemRecord, words, words, st.dictionaries(words, values, max_size=2)), max_size=2).map(
        tuple
    ),
    changes=st.lists(changes, max_size=3).map(tuple),
    diagnostics=st.lists(
        st.builds(Diagnostic, st.sampled_from(Severity), words, text, text, text, spans), max_size=2
    ).map(tuple),
    targets=st.lists(text, max_size=2).map(tuple),
    facts=st.dictionaries(words, st.dictionaries(words, text, max_size=2), max_size=2),
    destroy=st.booleans(),
    drift=st.lists(
        st.builds(DriftItem, addresses, st.sampled_from(DriftKind), attributes, origins, lives, st.none() | resources),
        max_size=2,
    ).map(tuple),
)
EMPTY = Plan("production", datetime(2026, 1, 1, tzinfo=UTC), "d", "l", 1, (), ())


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no failure
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


def test_a_device_is_never_replaced(tmp_path: Path) -> None:
    device = tmp_path / "null"
    try:
        os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(device)
    for name in ("null", "pipe", "folder", "link"):
        with pytest.raises(PlanFileError, match="not a regular file") as refused:
            save_plan(EMPTY, tmp_path / name)
        assert "-out FILE" in refused.value.help
    assert stat.S_ISCHR(device.stat().st_mode)
    assert {path.name for path in tmp_path.iterdir()} == {"null", "pipe", "folder", "link"}


@pytest.mark.parametrize("there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path: Path, *, there: bool) -> None:
    behind, link = tmp_path / "elsewhere" / "plan", tmp_path / "link"
    behind.parent.mkdir()
    if there:
        behind.write_text("old")
        behind.chmod(0o644)
    link.symlink_to(behind)
    save_plan(EMPTY, link)
    assert link.is_symlink()
    assert load_plan(behind) == EMPTY
    assert stat.S_IMODE(behind.stat().st_mode) == 0o600


_LOAD = """
import sys
from pathlib import Path
from reconciler.state.errors import PlanFileError
from reconciler.state.planfile import is_plan, load_plan
try:
    print(is_plan(Path(sys.argv[1])))
    load_plan(Path(sys.argv[1]))
except PlanFileError as refused:
    print(refused.message)
"""


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "folder", "link"])
def test_what_is_no_regular_file_is_refused_without_reading_it(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("/dev/zero")
    done = subprocess.run(
        [sys.executable, "-c", _LOAD, str(tmp_path / name)], capture_output=True, text=True, check=True, timeout=20
    )
    assert done.stdout == f"False\n{tmp_path / name} is not a regular file\n"


AT = Address("db", "role", "a")
SYSTEM = SystemRecord("db", "postgres", {})


def _row(action: Action, before: dict[str, object], after: dict[str, object], *listed: AttributeChange) -> Plan:
    live = Live(Resource(AT, before), Ownership.OURS)
    change = Change(AT, action, Cause.SPEC, live, Resource(AT, after), listed, Origin("why"))
    return replace(EMPTY, systems=(SYSTEM,), changes=(change,))


def _listed(name: str, before: object, after: object) -> AttributeChange:
    return AttributeChange(name, before, after, Cause.SPEC)


@pytest.mark.parametrize("action", [Action.UPDATE, Action.REPLACE, Action.NO_OP, Action.ADOPT])
@pytest.mark.parametrize("hidden", [("x", "y"), (True, 1), ([1], [2]), (None, False)])
def test_a_row_that_hides_an_attribute_is_refused(tmp_path: Path, action: Action, hidden: tuple[object, ...]) -> None:
    before, after = hidden
    shown = _listed("size", 1, 2)
    save_plan(_row(action, {"size": 1, "kind": before}, {"size": 2, "kind": after}, shown), tmp_path / "plan")
    with pytest.raises(PlanFileError, match="damaged"):
        load_plan(tmp_path / "plan")


@pytest.mark.parametrize("listed", [("size", 0, 2), ("size", 1, 3), ("size", True, 2), ("other", 1, 2)])
def test_a_row_that_lists_what_is_not_done_is_refused(tmp_path: Path, listed: tuple[str, object, object]) -> None:
    save_plan(_row(Action.UPDATE, {"size": 1}, {"size": 2}, _listed(*listed)), tmp_path / "plan")
    with pytest.raises(PlanFileError, match="damaged"):
        load_plan(tmp_path / "plan")


def test_what_only_one_side_knows_need_not_be_listed(tmp_path: Path) -> None:
    plan = _row(
        Action.UPDATE,
        {"size": 1, "id": "i-1", "n": [1, {"a": 1}]},
        {"size": 2, "new": 1, "n": [1, {"a": 1}]},
        _listed("size", 1, 2),
    )
    save_plan(plan, tmp_path / "plan")
    assert load_plan(tmp_path / "plan") == plan


def test_a_row_for_another_address_or_system_is_refused(tmp_path: Path) -> None:
    good = _row(Action.UPDATE, {"size": 1}, {"size": 2}, _listed("size", 1, 2))
    (change,) = good.changes
    other = replace(change, address=Address("db", "role", "b"))
    for bad in (replace(good, systems=()), replace(good, changes=(other,))):
        save_plan(bad, tmp_path / "plan")
        with pytest.raises(PlanFileError, match="damaged"):
            load_plan(tmp_path / "plan")


def test_what_is_forgotten_may_be_there_as_somebody_elses(tmp_path: Path) -> None:
    at = Address("a", "role", "r")
    theirs = Live(Resource(at, {"size": 1}), Ownership.OTHER, in_scope=False)
    forget = Change(at, Action.FORGET, Cause.OUTSIDE, theirs, None, origin=Origin("x"))
    systems = (SystemRecord("a", "postgres", {}),)
    made = Plan("e", datetime(2026, 1, 1, tzinfo=UTC), "d", "l", 1, systems, (forget,))
    save_plan(made, tmp_path / "plan")
    assert load_plan(tmp_path / "plan") == made
    save_plan(replace(made, changes=(replace(forget, after=theirs.resource),)), tmp_path / "wrong")
    with pytest.raises(PlanFileError):
        load_plan(tmp_path / "wrong")


def test_what_was_observed_is_kept(tmp_path: Path) -> None:
    at = Address("db", "public_grant", "table:public.orders")
    live = Live(Resource(at, {"privileges": ["SELECT"]}), Ownership.FOREIGN, in_scope=False)
    item = DriftItem(at, DriftKind.APPEARED, live=live, observed=True)
    made = replace(EMPTY, systems=(SYSTEM,), drift=(item,), observed={at: "0" * 64})
    save_plan(made, tmp_path / "plan")
    assert load_plan(tmp_path / "plan") == made
    for wrong in (
        replace(made, observed={at._replace(system="other"): ""}),
        replace(made, drift=(replace(item, live=None),)),
    ):
        save_plan(wrong, tmp_path / "wrong")
        with pytest.raises(PlanFileError, match="damaged"):
            load_plan(tmp_path / "wrong")
