"""A saved plan after each of many kinds of change outside: refused, with 0 writes at the servers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from reconciler.connections import read_connections
from reconciler.state.planfile import load_plan, save_plan
from reconciler.workflow.applying import Console, Execution, apply_saved
from tests.conformance.suite import Bench, bench
from tests.e2e.conftest import Ground
from tests.e2e.vandalisms import ALL
from tests.e2e.wire import Tapped, tapped
from tests.thorough import sampled

CHOSEN = [
    *(f"vault-{kind}" for kind in ("policy-widened", "policy-added", "jwt-role-added", "jwt-role-for-another-subject")),
    *(f"vault-{kind}" for kind in ("entity-with-a-policy", "entity-in-a-group", "alias-moved", "jwt-role-deleted")),
    *(f"aws-{kind}" for kind in ("policy-attached", "inline-policy-added", "inline-policy-widened", "trust-widened")),
    *(f"aws-{kind}" for kind in ("role-added", "boundary-set", "sessions-for-longer", "issuer-for-another-audience")),
    *(f"postgres-{kind}" for kind in ("more-on-a-table", "another-table", "grant-option", "minter-with-its-access")),
    *(f"postgres-{kind}" for kind in ("member-of-a-predefined-role", "may-log-in", "role-added", "grant-revoked")),
]
CONSOLE = Console(
    show=lambda plan: None,
    approve=lambda plan: True,
    listen=lambda event: None,
    notice=lambda text: None,
    walking=lambda: nullcontext(lambda: False),
)


@pytest.fixture(scope="module")
def taps(ground: Ground) -> Iterator[Tapped]:
    with tapped(ground.world) as made:
        yield made


@pytest.fixture(scope="module")
def on(ground: Ground) -> Iterator[Bench]:
    """The world past the counters."""
    with bench(ground.world.specs, ground.world.connections, ground.world.state) as made:
        yield made


@pytest.mark.parametrize("name", sampled(CHOSEN, 6))
def test_a_saved_plan_is_refused_before_its_first_write(
    name: str, ground: Ground, on: Bench, taps: Tapped, tmp_path: Path
) -> None:
    """The plan touches every object there is: it destroys them."""
    save_plan(on.plan(destroy=True), tmp_path / "p")
    vandalism, (connections, _) = ALL[name], read_connections(taps.connections)
    vandalism.do(ground.hands)
    before = taps.asked()
    taps.new_writes()
    try:
        refused = apply_saved(load_plan(tmp_path / "p"), connections, Execution(ground.world.state), CONSOLE)
    finally:
        on.apply()
        vandalism.tidy(ground.hands)
    assert refused.result is None
    assert {found.code for found in refused.diagnostics} == {"W606"}
    told = {found.subject for found in refused.diagnostics}
    assert {found.address for found in vandalism.found} & told, told
    assert taps.new_writes() == {"vault": [], "payments": [], "orders-db": []}
    after = taps.asked()
    assert all(after[system] > before[system] for system in after), "it wasn't asked at all"


@pytest.mark.thorough
def test_the_counters_count(ground: Ground, taps: Tapped) -> None:
    """Through the command line, on all systems at once: the plan is refused, and the next one writes everywhere."""
    world, kinds = ground.world, ("vault-policy-widened", "aws-policy-attached", "postgres-another-table")
    world.ok("plan", "-destroy", "-out", "p", WRIT_CONNECTIONS=taps.connections)
    for kind in kinds:
        ALL[kind].do(ground.hands)
    taps.new_writes()
    refused = world.writ("apply", "p", WRIT_CONNECTIONS=taps.connections)
    assert refused.returncode == 1
    # The fourth is the managed policy that was attached: it is read with what names it.
    assert refused.stderr.count("error[W606]") == 4
    assert taps.new_writes() == {"vault": [], "payments": [], "orders-db": []}
    world.ok("apply", "-auto-approve", WRIT_CONNECTIONS=taps.connections)
    written = taps.new_writes()
    assert any("sys/policies/acl/" in one for one in written["vault"])
    assert written["payments"] == ["DetachRolePolicy"]
    assert any(one.startswith("REVOKE") for one in written["orders-db"])
