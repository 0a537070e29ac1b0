"""Whose an unmarked OIDC provider is: the record tells, through the engine's own plan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from providers.aws.lowering import lower
from reconciler.engine.drift import find_drift
from reconciler.engine.planner import Planned, plan_changes
from reconciler.model import Action, Address, Applied, Desired, State
from tests.providers.aws.conftest import Account
from tests.providers.aws.helpers import by_type, demand

URL = "https://oidc.example.com/Cluster"


def desired_of(account: Account) -> dict[Address, Desired]:
    return {d.resource.address: d for d in lower(account.scope, demand()).resources}


def recorded(desired: Mapping[Address, Desired]) -> State:
    objects = {address: Applied(d.resource, d.origin, d.depends_on) for address, d in desired.items()}
    return State("production", "lineage", 1, objects, {})


def planned(account: Account, desired: Mapping[Address, Desired], state: State) -> tuple[Planned, Any]:
    snapshots = {"payments": account.read(*(desired.keys() | state.objects.keys()))}
    marks = {"payments": {name: kind.attributes for name, kind in account.provider.types.items()}}
    return plan_changes(desired, snapshots, state, marks), find_drift(desired, snapshots, state, marks)


def arn(account: Account) -> str:
    return f"arn:aws:iam::{account.scope.settings.account}:oidc-provider/oidc.example.com/Cluster"


def untag(account: Account) -> None:
    keys = ["managed-by", "writ:environment", "writ:system"]
    account.iam.untag_open_id_connect_provider(OpenIDConnectProviderArn=arn(account), TagKeys=keys)


def check_heals(account: Account) -> None:
    desired = desired_of(account)
    plan, drift = planned(account, desired, recorded(desired))
    assert plan.diagnostics == ()
    (change,) = plan.changes
    (item,) = drift
    assert change.action is Action.UPDATE
    assert "tags" in [one.name for one in item.attributes]
    assert change.before is not None
    assert change.after is not None
    account.update(change.before, change.after)
    again, nothing = planned(account, desired, recorded(desired))
    assert [c.action for c in again.changes] == [Action.NO_OP]
    assert nothing == ()


def test_a_recorded_provider_without_its_tags_heals(account: Account) -> None:
    account.build(lower(account.scope, demand()))
    untag(account)
    check_heals(account)


def test_a_recorded_provider_made_anew_by_hand_heals(account: Account) -> None:
    account.build(lower(account.scope, demand()))
    account.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn(account))
    account.iam.create_open_id_connect_provider(Url=URL, ClientIDList=["evil"], ThumbprintList=["a" * 40])
    check_heals(account)


def test_an_unmarked_provider_without_a_record_is_taken(account: Account) -> None:
    account.build(lower(account.scope, demand()))
    untag(account)
    plan, _ = planned(account, desired_of(account), State("production", "", 0, {}, {}))
    assert [d.code for d in plan.diagnostics] == ["W502"]
    assert plan.changes == ()


def test_a_provider_that_was_handed_over_is_forgotten_and_stays(account: Account) -> None:
    account.build(lower(account.scope, demand()))
    untag(account)
    before = recorded(desired_of(account))
    object.__setattr__(account.scope.settings, "existing_oidc_providers", ("cluster",))
    after = desired_of(account)
    assert by_type(lower(account.scope, demand()), "aws_iam_openid_connect_provider_use")
    plan, _ = planned(account, after, before)
    assert plan.diagnostics == ()
    assert {c.address.type: c.action for c in plan.changes} == {
        "aws_iam_openid_connect_provider": Action.FORGET,
        "aws_iam_openid_connect_provider_use": Action.ADOPT,
    }
