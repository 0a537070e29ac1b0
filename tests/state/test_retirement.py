"""Retirements as data and back: every field, and nothing that isn't one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.model import (
    Address,
    Deed,
    Due,
    Marked,
    Meter,
    Proof,
    Resource,
    Retired,
    RetirementRow,
    Stage,
    Successor,
    Use,
    Waits,
)
from reconciler.state.retirement import (
    decode_meter,
    decode_retired,
    decode_row,
    encode_meter,
    encode_retired,
    encode_row,
)
from reconciler.state.shape import Misshapen
from specs.source import SourceSpan

NOW = datetime(2026, 12, 1, 12, tzinfo=UTC)
AT = Address("db", "login", "svc")
PROOF = Proof("bot", "read", NOW, "me@host", "d1", "logged in")
BEFORE = Resource(AT, {"open": True, "keys": {"a": "on"}})
RETIRED = Retired("svc", AT, Marked.LOCKED, NOW, "me@host", BEFORE, "17", (PROOF,))
ROW = RetirementRow(
    "svc",
    AT,
    "login role",
    Stage.QUARANTINED,
    Deed.DELETE,
    Waits.USE,
    (Successor("bot", "read", ready=True, proof=PROOF), Successor("bot", "write", ready=False, proof=None)),
    NOW,
    NOW,
    ("its logins",),
    (Use("session 7", "10.0.0.1", NOW, now=False), Use("role x")),
    ("a table",),
    BEFORE,
    SourceSpan("r.yaml", 3, 4),
)


@pytest.mark.parametrize("one", [RETIRED, Retired("svc", AT)])
def test_a_record(one: Retired) -> None:
    assert decode_retired(encode_retired(one)) == one


@pytest.mark.parametrize("one", [ROW, replace(ROW, since=None, due=None, before=None, span=None)])
def test_a_row_of_a_plan(one: RetirementRow) -> None:
    assert decode_row(encode_row(one)) == one


@pytest.mark.parametrize("one", [Meter((1, 0), (2, 3), Due(NOW, "delete svc")), Meter(next=Due(None, "x")), Meter()])
def test_a_meter(one: Meter) -> None:
    assert decode_meter(encode_meter(one)) == one


def test_no_meter() -> None:
    assert encode_meter(None) is None


def test_a_time_of_no_zone_is_none() -> None:
    with pytest.raises(Misshapen, match="no known zone"):
        decode_retired({**encode_retired(RETIRED), "since": "2026-12-01T12:00:00"})
    for name, short in (("standing", [1]), ("dynamic", [1, 2, 3]), ("next", [None])):
        with pytest.raises(Misshapen):
            decode_meter({**(encode_meter(Meter()) or {}), name: short})
