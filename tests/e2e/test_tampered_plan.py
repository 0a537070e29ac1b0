"""A saved plan that somebody wrote anew, its digest with it: refused or usable, never a crash, and nothing recorded."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.model import Plan
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_text import plan_lines
from reconciler.state.errors import PlanFileError
from reconciler.state.planfile import _written, load_plan
from reconciler.workflow.sound import systems_of
from tests.e2e.hands import MOUNT, READER, Hands
from tests.e2e.test_saved_plan import recorded
from tests.servers import World, run_writ
from tests.state.test_signing import write_pair

Body = dict[str, Any]
Place = tuple[Any, Any]
"""A container, and a key or an index in it."""


def written(path: Path, body: Any) -> Path:
    """A plan file of this body, as Writ would have written it."""
    path.with_name("tampered").write_text(_written(json.dumps(body), None))
    return path.with_name("tampered")


@pytest.fixture
def planned(world: World) -> Path:
    """A plan with changes, drift and access rows."""
    world.apply()
    with Hands(world) as hands:
        hands.rewrite(f"auth/{MOUNT}/role/{READER}", bound_subject="system:serviceaccount:evil:bot")
    world.edit("agents.yaml", "ttl: 10m", "ttl: 9m")
    world.ok("plan", "-out", "p")
    return world.cwd / "p"


def body_of(path: Path) -> Body:
    body: Body = json.loads(json.loads(path.read_text())["plan"])
    assert body["changes"]
    assert body["drift"]
    assert body["access"]
    assert body["facts"]
    return body


def updated(body: Body) -> Body:
    found: Body = next(row for row in body["changes"] if row["action"] == "update")
    return found


def _stand_on_itself(body: Body) -> None:
    updated(body)["depends_on"].append(updated(body)["address"])


TAMPERED: dict[str, Callable[[Body], object]] = {
    "a reason that is no text": lambda body: updated(body)["origin"].update(reason=7),
    "no environment": lambda body: body.update(environment=None),
    "a row that waits for itself": _stand_on_itself,
    "a serial as text": lambda body: body.update(serial=str(body["serial"])),
    "a serial that is a boolean": lambda body: body.update(serial=True),
    "a row twice": lambda body: body["changes"].append(updated(body)),
    "a system twice": lambda body: body["systems"].append(body["systems"][0]),
    "facts as a list": lambda body: body.update(facts=[]),
    "a fact as a list": lambda body: body["facts"].update({next(iter(body["facts"])): ["x"]}),
    "an access row of another shape": lambda body: body["access"].append({"mover": "plan"}),
    "an access row as text": lambda body: body["access"].append("gains"),
    "drift without what drifted": lambda body: body["drift"][0].update(live=None),
    "drift of a number": lambda body: body["drift"].append(3),
    "drift of an unknown system": lambda body: body["drift"][0]["address"].__setitem__(0, "elsewhere"),
    "a row without its reason": lambda body: updated(body).update(origin=None),
    "an update without a before": lambda body: updated(body).update(before=None, attributes=[]),
    "another attribute": lambda body: updated(body)["after"]["attributes"].update(more=1),
    "an attribute less": lambda body: updated(body)["after"]["attributes"].popitem(),
    "a fraction": lambda body: updated(body)["after"]["attributes"].update(more=1.5),
    "a number for a system": lambda body: updated(body)["address"].__setitem__(0, 1),
    "a time without a zone": lambda body: body.update(created="2026-01-01"),
    "an unknown key": lambda body: body.update(more=1),
}


def test_what_no_plan_of_ours_says_is_refused_before_anything_is_recorded(world: World, planned: Path) -> None:
    before, good = recorded(world), body_of(planned)
    for name, tamper in TAMPERED.items():
        body = copy.deepcopy(good)
        tamper(body)
        refused = world.writ("apply", str(written(planned, body)))
        assert refused.returncode == 1, name
        assert "error[W620]" in refused.stderr, f"{name}: {refused.stderr}"
        assert "help: plan again" in refused.stderr, name
        assert recorded(world) == before, name
    assert "Apply complete!" in world.ok("apply", str(written(planned, good))), "an untouched one is applied"


DAMAGED: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda _whole: b"",
    "cut at its head": lambda whole: whole[1:],
    "another first byte": lambda whole: b"X" + whole[1:],
    "another format": lambda whole: whole.replace(b"writ-plan", b"writ-plam", 1),
    "another key": lambda whole: whole.replace(b'"format"', b'"fromat"', 1),
    "a byte order mark": lambda whole: b"\xef\xbb\xbf" + whole,
    "in UTF-16": lambda whole: whole.decode().encode("utf-16"),
    "a shell script": lambda _whole: b"#!/bin/sh\nexit 0\n",
}


@pytest.mark.thorough
def test_what_no_longer_looks_like_a_plan_is_refused_as_one(world: World, planned: Path) -> None:
    """However it is asked for: not taken for specs, and no matter of how the command is used."""
    write_pair(world.cwd)
    before, whole = recorded(world), planned.read_bytes()
    ways = ((), ("-auto-approve",), ("-input=false",), ("--require-signature", "key.pub"))
    for name, damage in DAMAGED.items():
        planned.write_bytes(damage(whole))
        for way in ways:
            refused = world.writ("apply", *way, "p", *(("specs",) if way else ()))
            assert (refused.returncode, "error[W620]: p " in refused.stderr) == (1, True), (
                f"{name} {way}: {refused.stdout}{refused.stderr}"
            )
        told = world.writ("apply", "--json", "p")
        assert [json.loads(line).get("code") for line in told.stdout.splitlines()] == ["W620", None], name
        assert "error[W620]" in world.writ("show", "p").stderr, name
        assert recorded(world) == before, name
    planned.write_bytes(whole)
    assert "Apply complete!" in world.ok("apply", "p")


def test_specs_of_any_name_are_specs(tmp_path: Path) -> None:
    """Named in full, and written as such."""
    (tmp_path / "intents").write_text("apiVersion: writ/v1\nkind: Intent\n")
    done = run_writ("apply", "intents", cwd=tmp_path)
    assert done.returncode == 1
    assert "intents:1:1: error[W101]" in done.stderr


JUNK = (None, True, 0, -1, 1 << 70, 1.5, "", "x", "\x1b[2J", "\ud800", [], [[]], {}, {"a": 1}, ["x", "y", "z"])


def places(data: Any) -> Iterator[Place]:
    """Every place in JSON data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield data, key
        yield from places(value)


def mutated(body: Body, dice: random.Random) -> Body:
    """The body with one place changed, removed, doubled or exchanged."""
    made = copy.deepcopy(body)
    every = list(places(made))
    (container, key), (other, elsewhere) = dice.choice(every), dice.choice(every)
    match dice.randrange(5):
        case 0:
            del container[key]
        case 1 if isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        case 2:
            container[key] = copy.deepcopy(other[elsewhere])
        case 3 if isinstance(container, dict):
            container[str(dice.choice(JUNK))] = container.pop(key)
        case _:
            container[key] = dice.choice(JUNK)
    return made


def used(path: Path) -> Plan | None:
    """All that is done with a saved plan before systems are asked; None where it is refused."""
    try:
        plan = load_plan(path)
    except PlanFileError:
        return None
    shown = [line.plain for line in plan_lines(plan)]
    assert not any("\x1b" in line for line in shown)
    json.dumps(plan_json(plan))
    systems_of(plan)
    return plan


def test_any_mutation_is_refused_or_usable(planned: Path) -> None:
    good, dice = body_of(planned), random.Random(7)
    outcomes = [used(written(planned, mutated(good, dice))) for _ in range(100)]
    refused = sum(1 for plan in outcomes if plan is None)
    assert 0 < refused < len(outcomes)
    assert used(written(planned, ["no object"])) is None
    text = "[" * 50_000 + "]" * 50_000
    planned.write_text(_written(text, None))
    assert used(planned) is None
