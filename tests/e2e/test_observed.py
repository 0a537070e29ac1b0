"""What isn't Writ's and widens what agents may do: told, gated, in the way of a saved plan, and recorded by apply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from reconciler.engine.gate import gate_of
from reconciler.engine.guard import stale_against_world
from reconciler.model import DriftKind, Mover, Verdict
from reconciler.model.gate import Condition
from reconciler.workflow.drifting import drift_of
from reconciler.workflow.planning import Options, plan_of
from reconciler.workflow.systems import marks_of
from tests.conformance.suite import Bench, bench
from tests.e2e.conftest import Ground
from tests.e2e.hands import ACCOUNT, Hands
from tests.e2e.vandalisms_aws import ANYTHING
from tests.e2e.vandalisms_postgres import sql

BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/bnd"
CONNECTION = "database/config/orders"
SCOPE = "role_path: /writ/"


@dataclass(frozen=True, slots=True)
class Moved:
    """What somebody does, what is named, what an agent gains by it, and how it is undone."""

    address: str
    kind: DriftKind
    gain: str
    do: Callable[[Hands], object]
    undo: Callable[[Hands], object]


def public(what: str, address: str, gain: str, kind: DriftKind = DriftKind.APPEARED) -> Moved:
    given, taken = sql(f"GRANT {what} TO PUBLIC"), sql(f"REVOKE {what} FROM PUBLIC")
    return Moved(f'orders-db.postgresql_public_{address}"]', kind, gain, given, taken)


def open_boundary(hands: Hands) -> None:
    hands.iam.create_policy_version(PolicyArn=BOUNDARY, PolicyDocument=ANYTHING, SetAsDefault=True)


def shut_boundary(hands: Hands) -> None:
    (newest,) = (
        one for one in hands.iam.list_policy_versions(PolicyArn=BOUNDARY)["Versions"] if one["IsDefaultVersion"]
    )
    hands.iam.set_default_policy_version(PolicyArn=BOUNDARY, VersionId="v1")
    hands.iam.delete_policy_version(PolicyArn=BOUNDARY, VersionId=newest["VersionId"])


def listed(*, opened: bool) -> Callable[[Hands], object]:
    def write(hands: Hands) -> None:
        roles = [one for one in hands.read(CONNECTION)["allowed_roles"] if one != "*"]
        hands.write(CONNECTION, allowed_roles=[*roles, *(["*"] if opened else [])], verify_connection=False)

    return write


CASES = {
    "boundary": Moved(
        f'payments.aws_iam_policy["{BOUNDARY}"]',
        DriftKind.CHANGED,
        "s3:GetObject on arn:aws:s3:::orders-archive/",
        open_boundary,
        shut_boundary,
    ),
    "connection": Moved(
        f'vault.vault_database_connection["{CONNECTION}"]',
        DriftKind.CHANGED,
        "database logins by database/creds of a role with any name",
        listed(opened=True),
        listed(opened=False),
    ),
    "table": public("DELETE ON public.orders", 'grant["table:public.orders', "DELETE on public.orders"),
    "column": public(
        "UPDATE (total) ON public.orders", 'grant["column:public.orders.total', "UPDATE (total) on public.orders"
    ),
    "function": public(
        "EXECUTE ON FUNCTION public.inside()",
        'grant["function:public.inside()',
        "EXECUTE on public.inside()",
    ),
    "schema": public("CREATE ON SCHEMA public", 'grant["schema:public', "CREATE on schema public"),
}


@pytest.fixture(scope="module")
def on(ground: Ground) -> Iterator[Bench]:
    """With a boundary that keeps nearly everything out, and a function that isn't for everybody."""
    narrow = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}})
    ground.hands.iam.create_policy(PolicyName="bnd", PolicyDocument=narrow)
    ground.hands.sql(
        "CREATE FUNCTION public.inside() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "REVOKE EXECUTE ON FUNCTION public.inside() FROM PUBLIC",
    )
    ground.world.edit("environment.yaml", SCOPE, f'{SCOPE}, permissions_boundary: "{BOUNDARY}"')
    with bench(ground.world.specs, ground.world.connections, ground.world.state) as made:
        made.apply()
        yield made
    ground.hands.sql("DROP FUNCTION public.inside()")
    ground.hands.iam.delete_policy(PolicyArn=BOUNDARY)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_what_widens_and_isnt_ours_is_told(case: Moved, ground: Ground, on: Bench) -> None:
    planned = on.plan()
    case.do(ground.hands)
    try:
        now = on.now()
        (item,) = drift_of(now).items
        assert (str(item.address), item.kind, item.observed) == (case.address, case.kind, True)
        plan = plan_of(now, Options())
        assert plan.is_empty
        assert plan.drift == (item,)
        assert plan.access_by(Mover.PLAN) == ()
        widened = [row for row in plan.access if row.change.comparison.verdict is Verdict.WIDENS]
        assert any(case.gain in one.request for row in widened for one in row.change.comparison.gains), plan.access
        assert len(gate_of(plan, [Condition.WIDENING, Condition.DRIFT]).tripped) == 2
        assert [case.address in found.message for found in plan.diagnostics if found.code == "W517"] == [True]
        stale = stale_against_world(planned, now.refreshed.snapshots, marks_of(on.systems))
        # With a right of everybody's, what it is on is looked at too.
        told = [(found.code, found.subject) for found in stale if "_definition" not in found.subject]
        assert told == [("W606", case.address)]
        on.apply()
        known = on.now()
        assert drift_of(known).items == plan_of(known, Options()).access == ()
    finally:
        case.undo(ground.hands)
        on.apply()


def test_the_command_line_says_so_until_apply_records_it(ground: Ground, on: Bench) -> None:
    world, case = ground.world, CASES["table"]
    world.ok("plan", "-out", "p", "-target", "payments")
    case.do(ground.hands)
    try:
        drift = world.ok("drift", code=2)
        assert f"{case.address} has appeared" in drift
        assert "it isn't Writ's: apply can't take it back" in drift
        assert "+ DELETE on public.orders" in world.ok("plan", "-fail-on", "widening", "-out", "q", code=3)
        (told,) = world.json("show", "q")["resource_drift"]
        assert (told["mode"], told["kind"], told["change"]["after"]) == ("data", "appeared", {"privileges": ["DELETE"]})
        refused = world.writ("apply", "p")
        assert (refused.returncode, "W606" in refused.stderr) == (1, True)
        assert f"{case.address} has appeared since" in refused.stderr
        assert "0 added, 0 changed, 0 destroyed." in world.ok("apply", "q")
        assert "No changes." in world.ok("plan", "-detailed-exitcode", "-fail-on", "widening")
        assert not on.drift().items
    finally:
        case.undo(ground.hands)
    (gone,) = on.drift().items
    assert (str(gone.address), gone.kind) == (case.address, DriftKind.MISSING)
    on.apply()
    assert not on.drift().items
