"""The same in the larger example: every point of four of its agents, and of all twelve those that a seed chooses."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

import pytest

from tests.e2e.hands import Ground
from tests.faults.harness import Harness, harnessed, points
from tests.faults.oracle import Probes
from tests.faults.oracle.aws import AtAws
from tests.faults.oracle.postgres import AtPostgres
from tests.faults.oracle.vault import AtVault
from tests.faults.test_points import CHUNKS, examine, examined
from tests.faults.ways import DESTROY, Edits, Way, edit, lasting, walk
from tests.servers import EXAMPLES, Worlds

pytestmark = pytest.mark.faults
SEED = os.environ.get("WRIT_TESTS_SEED", "1")
"""Another one takes other points."""
PARTS, OF_EACH = 6, 2
NAME = "production"
GROUND = Ground(
    ("jwt-production", "jwt-production-mesh", "jwt-production-github"), ("orders", "billing"), ("prod_",), NAME, "shop"
)
PATHS = ("kv/data/fraud/model-key", "kv/data/billing/refund-signer", "kv/data/incidents/x/notes", "kv/data/root/x")
TABLES = ("public.orders", "public.invoices", "public.payments", "public.refund_proposals")
_STAGING, _PRODUCTION = (EXAMPLES / "estate" / "specs" / "environments.yaml").read_text().split("\n---\n")
ALONE: Edits = (("environments.yaml", f"{_STAGING}\n---\n", ""),)
_AGENTS = EXAMPLES / "estate" / "specs" / "agents"
FINANCE: Edits = (
    *ALONE,
    *(
        (f"agents/{name}.yaml", (_AGENTS / f"{name}.yaml").read_text(), "# none\n")
        for name in ("support", "operations")
    ),
)
"""Four of its twelve agents: small enough to meet every call."""
EDITS: Edits = (
    *ALONE,
    ("agents/finance.yaml", "spiffe://example.com/risk/fraud-watcher", "spiffe://example.com/risk/fraud-watcher-v2"),
    ("agents/support.yaml", "system:serviceaccount:support:returns-desk", "system:serviceaccount:support:returns"),
    ("intents/billing.yaml", "tables: [public.invoice_drafts]", "tables: [public.invoices]"),
    ("intents/billing.yaml", "arn:aws:s3:::invoice-drafts/*", "arn:aws:s3:::invoice-drafts/2026/*"),
)


@pytest.fixture(scope="module")
def harness(worlds: Worlds, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    world = worlds.world("estate", tmp_path_factory.mktemp("estate-faults"))
    agents = ("support-bot", "fraud-watcher", "refund-clerk", "log-triage")
    tokens = {one: world.token(one, "vault", environment=NAME, exp=lasting()) for one in agents}
    tokens["of another audience"] = world.token(
        "fraud-watcher", "vault", environment=NAME, aud="another", exp=lasting()
    )
    with harnessed(world, Probes(AtVault(tokens, PATHS), AtPostgres(TABLES), AtAws()), GROUND) as made:
        yield made
    world.applied = True
    worlds.clean(world)


@pytest.fixture(scope="module")
def finance(harness: Harness) -> tuple[Way, Way]:
    """Four agents made, and destroyed."""
    edit(harness.world, FINANCE)
    harness.world.ok("apply", "-auto-approve")
    harness.world.ok(*DESTROY)
    return walk(harness, "create", edits=FINANCE), walk(harness, "destroy", edits=FINANCE, arguments=DESTROY)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_all_points_of_finance(
    harness: Harness, finance: tuple[Way, Way], chunk: int, request: pytest.FixtureRequest
) -> None:
    examine(harness, finance, slice(chunk, None, CHUNKS), request)


@pytest.fixture(scope="module", params=["create and destroy", "change and change back"])
def ways(harness: Harness, request: pytest.FixtureRequest) -> tuple[Way, Way]:
    edit(harness.world, ALONE)
    harness.world.ok("apply", "-auto-approve")
    if request.param == "create and destroy":
        harness.world.ok(*DESTROY)
        return walk(harness, "create", edits=ALONE), walk(harness, "destroy", edits=ALONE, arguments=DESTROY)
    return walk(harness, "change", edits=EDITS), walk(harness, "change back", edits=ALONE)


@pytest.mark.parametrize("part", range(PARTS))
def test_points_of_the_estate(
    harness: Harness, ways: tuple[Way, Way], part: int, request: pytest.FixtureRequest
) -> None:
    chance = random.Random(f"{SEED} {part} {ways[0].name}")
    for _ in range(OF_EACH):
        for way in ways:
            edit(harness.world, way.edits)
            examined(harness, way, chance.choice(points(way.calls)), request)
