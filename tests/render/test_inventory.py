"""An inventory as text, JSON and CSV: the same things, and none of them obeyed by what reads it."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model import (
    Address,
    Class,
    Coming,
    Covering,
    Holds,
    Inventory,
    Item,
    Leaving,
    Seen,
    Side,
    Standing,
    Thresholds,
    Unseen,
    Whose,
    Width,
    Witness,
)
from reconciler.render.inventory_csv import inventory_csv
from reconciler.render.inventory_json import inventory_json
from reconciler.render.inventory_schema import inventory_schema
from reconciler.render.inventory_text import inventory_lines, tripped_line

NOW = datetime(2027, 1, 1, tzinfo=UTC)
HOSTILE = "=cmd|' /C calc'!A0\x1b]0;owned\x07\u202e\n::set-output name=x::y"


def item(name: str, *classes: Class, replaced_by: Covering | None = None, **facts: Any) -> Item:
    return Item(Standing(Address("vault", "vault_token", name), "token", **facts), classes, replaced_by)


def inventory(*items: Item, dynamic: int = 0, unseen: tuple[Unseen, ...] = ()) -> Inventory:
    seen = Seen("vault", "vault", "me", items, dynamic, unseen)
    return Inventory("production", NOW, Thresholds(), (seen,))


def text(found: Inventory, *, full: bool = False) -> str:
    return "\n".join(line.plain for line in inventory_lines(found, full=full))


WHOLE = inventory(
    item(
        "ci",
        Class.STALE,
        Class.OVER_WIDE,
        replaced_by=Covering("support-bot", "orders.read"),
        count=3,
        holds=Holds.CREDENTIAL,
        created=NOW - timedelta(days=400),
        last_used=NOW - timedelta(days=200),
        endless=True,
        widths=(Width(Side.REACH, Witness("read kv/x", certain=False, note="by *")),),
        users=("a", "b"),
        people=("a session of psql",),
        facts={"orphan": True},
    ),
    item("quiet"),
    item("root", Class.STATIC, whose=Whose.OPERATOR),
    dynamic=4,
    unseen=(Unseen("vault", "leases", "permission denied", "grant it"),),
)


def test_for_people() -> None:
    assert (
        text(WHOLE)
        == """\
vault (vault), as me
  token ci (3 alike)  stale, over-wide
      may       read kv/x (not excluded) (by *)
      age       the oldest from 400 days ago; last used 200 days ago; without end
      used by   a; b
      people    a session of psql
      instead   support-bot/orders.read may do all of it, by the specs
      evidence  NHI1:2025, NHI5:2025, ASI03
  no finding: token root, named by the specs or by this run's login (static)
  1 more without a finding (-full names them)
  could not be looked at: leases: permission denied (grant it)

Standing: 4, to be looked at: 3; dynamic: 4 (dynamic share: 50%).
  stale          3
  over-wide      3
  provides evidence for NHI1:2025 Improper Offboarding
  provides evidence for NHI5:2025 Overprivileged NHI
  provides evidence for ASI03 Identity and Privilege Abuse
  1 could not be looked at, and may hold more"""
    )
    assert "no finding: token quiet, without a finding" in text(WHOLE, full=True)
    assert "Nothing to look at." in text(inventory(item("quiet")))
    assert "dynamic: 0." in text(inventory()), "there is no share of nothing"


LOCKED = "svc, locked since 2027-01-01 00:00 UTC"


def leaving(coming: Coming, *, declared: bool = True, locked: bool = False) -> Leaving:
    due = NOW + timedelta(days=9) if coming is Coming.DELETE else None
    return Leaving("svc", declared, coming, NOW if locked else None, due)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (leaving(Coming.PROVE), "svc; next: prove what replaces it (writ retire --prove svc)"),
        (leaving(Coming.LOCK), "svc; next: the next apply locks it, if nobody uses it"),
        (
            leaving(Coming.DELETE, locked=True),
            f"{LOCKED}; next: delete it from 2027-01-10 00:00 UTC on, if nobody uses it until then",
        ),
        (
            leaving(Coming.UNDO, locked=True),
            f"{LOCKED}; next: end undoing it (writ retire --undo svc)",
        ),
        (
            leaving(Coming.UNDO, declared=False, locked=True),
            f"{LOCKED}, which has left the specs: writ retire --undo svc unlocks it",
        ),
        (
            leaving(Coming.UNKNOWN),
            "svc; next: how far it has come stands in the state, which couldn't be read",
        ),
    ],
)
def test_what_a_retirement_names_says_so_in_every_form(at: Leaving, said: str) -> None:
    found = inventory(replace(item("ci", Class.STATIC), leaving=at), replace(item("root"), leaving=at))
    assert f"\n      retired   by {said}\n" in text(found)
    assert f"no finding: token root, without a finding; retired by {said}" in text(found, full=True)
    document = inventory_json(found)
    assert list(Draft202012Validator(inventory_schema()).iter_errors(document)) == []
    told = document["systems"][0]["items"][0]["retirement"]
    row = next(csv.DictReader(io.StringIO("\n".join(line.plain for line in inventory_csv(found)))))
    assert (told["name"], told["declared"], told["next"]) == ("svc", at.declared, at.coming.value)
    assert (row["retirement"], row["next"]) == ("svc", at.coming.value)
    for cell, key in (("locked_since", "locked_since"), ("due", "due")):
        assert bool(row[cell]) is bool(told[key])
    assert bool(told["due"]) is (at.due is not None)


def test_json_is_as_its_schema_says() -> None:
    tripped = {Class.STALE: (WHOLE.items[0],)}
    document = inventory_json(WHOLE, (Class.STALE, Class.STATIC), tripped)
    assert list(Draft202012Validator(inventory_schema()).iter_errors(document)) == []
    assert "gate" not in inventory_json(WHOLE)
    assert document["gate"] == {
        "fail_on": ["stale", "static"],
        "tripped": [{"class": "stale", "items": ['vault.vault_token["ci"]']}],
    }
    summary = document["summary"]
    assert (summary["standing"], summary["findings"], summary["dynamic"], summary["known"]) == (4, 1, 4, 1)
    assert summary["dynamic_share"] == 0.5
    assert summary["classes"]["static"] == 0, "what is known is no finding"
    (row,) = (one for one in document["systems"][0]["items"] if one["name"] == "ci")
    assert row["wide"] == [{"side": "reach", "request": "read kv/x", "certain": False, "note": "by *"}]
    assert row["replaced_by"] == {"agent": "support-bot", "intent": "orders.read"}


def cells(found: Inventory) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("\n".join(line.plain for line in inventory_csv(found)))))


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "|calc", "%0a", " =1", "\uff1d1", "\uff0b1", "\t=1"])
def test_no_cell_is_a_formula(start: str) -> None:
    (row,) = cells(inventory(item(start, users=(start,), native_id=start)))
    for name in ("name", "users", "native_id"):
        assert row[name].startswith("'") or row[name].startswith("\\x09"), row[name]
        assert row[name].lstrip("'")[:1] == start[:1] or start[0] == "\t"


def test_nothing_hostile_gets_out() -> None:
    wide = (Width(Side.TRUST, Witness(HOSTILE, note=HOSTILE)),)
    found = inventory(
        item(
            HOSTILE,
            Class.SHARED,
            native_id=HOSTILE,
            users=(HOSTILE, HOSTILE),
            people=(HOSTILE,),
            widths=wide,
            replaced_by=Covering(HOSTILE, HOSTILE),
        ),
        unseen=(Unseen("vault", HOSTILE, HOSTILE, HOSTILE),),
    )
    lines = [line.plain for line in (*inventory_lines(found), *inventory_csv(found))]
    lines.append(tripped_line({Class.SHARED: found.items}).plain)
    assert all(line.isprintable() for line in lines)
    assert not any(line.lstrip().startswith("::") for line in lines)
    (row,) = cells(found)
    assert row["name"].startswith("'=cmd")


def test_an_end_and_a_life_are_told() -> None:
    made = NOW - timedelta(days=1)
    told = text(
        inventory(
            item("a", Class.STATIC, created=made, expires=NOW + timedelta(days=30), use_is_known=True),
            item("b", Class.STALE, created=NOW, expires=NOW - timedelta(days=30), enabled=False),
            item("c", Class.STATIC, life=5 * 86400),
            item("d", Class.OVER_WIDE, life=3000),
        )
    )
    assert "from yesterday; no use on record; ends 2027-01-31" in told
    assert "from today; switched off; ended 2026-12-02" in told
    assert "age not told; lives for 5 d" in told
    assert "age not told; lives for 1 h" in told
