"""Ways from one world to another, and back: what runs with faults go."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.faults.harness import APPLY, End, Harness, harnessed
from tests.faults.oracle import Probes
from tests.faults.oracle.aws import AtAws
from tests.faults.oracle.postgres import AtPostgres
from tests.faults.oracle.vault import AtVault
from tests.servers import EXAMPLES, World, Worlds

OLD = "system:serviceaccount:support:support-bot"
NEW = f"{OLD}-v2"
PATHS = (
    *("kv/data/orders/returns-policy", "kv/data/refunds/signing-key", "kv/data/orders/other", "sys/policies/acl/x"),
    "kv/data/payroll/x",  # in neither world
)
TABLES = ("public.orders", "public.order_items", "public.refunds")
Edits = tuple[tuple[str, str, str], ...]
EDITS: Edits = (
    # Another workload, less in one place and more in another, an intent that goes.
    ("agents.yaml", OLD, NEW),
    ("agents.yaml", "    - {name: refunds.issue}\n", ""),
    ("intents.yaml", "arn:aws:s3:::orders-archive/*", "arn:aws:s3:::orders-archive/2026/*"),
    ("intents.yaml", "path: kv/data/orders/*", "path: kv/data/refunds/*"),
    ("intents.yaml", "[public.orders, public.order_items]", "[public.orders, public.refunds]"),
)
IN_PLACE = EDITS[2:]
"""The same workload: nobody is shut out while its access changes."""
DESTROY = ("destroy", "-auto-approve")


@dataclass
class Way:
    """From one world to another, without any fault."""

    name: str
    arguments: tuple[str, ...]
    edits: Edits
    old: End
    new: End
    calls: tuple[str, ...] = ()
    """As the gate names them."""


@pytest.fixture(scope="module")
def harness(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The quickstart behind proxies, and tokens of whoever may come or may not."""
    world = worlds.world("quickstart", tmp_path_factory.mktemp("faults"))
    tokens = {
        name: world.token("support-bot", "vault", exp=lasting(), **claims)
        for name, claims in {
            "old": {},
            "new": {"sub": NEW},
            "another": {"sub": f"{OLD}-x"},
            "for another audience": {"aud": "another"},
            "of another issuer": {"iss": "https://oidc.example.com/other"},
        }.items()
    }
    with harnessed(world, Probes(AtVault(tokens, PATHS), AtPostgres(TABLES), AtAws())) as made:
        yield made
    world.applied = True
    worlds.clean(world)


def lasting() -> int:
    """When a probe's token ends: not before the last of thousands of points."""
    return int(time.time()) + 86400


def edit(world: World, edits: Edits = ()) -> None:
    """The example's specs, with these edits."""
    for file in (EXAMPLES / world.example / "specs").rglob("*.yaml"):
        (world.specs / file.relative_to(EXAMPLES / world.example / "specs")).write_text(file.read_text())
    for name, old, new in edits:
        world.edit(name, old, new)


def walk(harness: Harness, name: str, *, arguments: tuple[str, ...] = APPLY, edits: Edits = ()) -> Way:
    """Go it once."""
    edit(harness.world, edits)
    harness.probes.log_in(harness.hands)
    old = harness.end()
    done = harness.run(*arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return Way(name, arguments, edits, old, harness.end(), tuple(harness.gate.calls))


@pytest.fixture(
    scope="module",
    params=[
        "create and destroy",
        pytest.param("change and change back", marks=pytest.mark.faults),
        pytest.param("change in place and back", marks=pytest.mark.faults),
    ],
)
def ways(harness: Harness, request: pytest.FixtureRequest) -> tuple[Way, Way]:
    """Forth and back, from and to where the first begins."""
    edit(harness.world)
    if request.param == "create and destroy":
        harness.world.ok("apply", "-auto-approve")
        harness.world.ok(*DESTROY)
        return walk(harness, "create"), walk(harness, "destroy", arguments=DESTROY)
    harness.world.apply()
    edits = IN_PLACE if "in place" in request.param else EDITS
    return walk(harness, "change", edits=edits), walk(harness, "change back")
