"""What goes wrong at AWS, as the contract's errors; and what was done is found again."""

from __future__ import annotations

import threading
import time

import pytest

from providers.aws.errors import LoginEnded
from providers.aws.lowering import lower
from providers.aws.settle import Settling
from reconciler.model import Address, Live, Ownership, Resource
from reconciler.provider import (
    Conflict,
    Denied,
    Lowering,
    ProviderError,
    Rejected,
    Throttled,
    UnknownOutcome,
    Unreachable,
)
from tests.providers.aws.conftest import Account
from tests.providers.aws.helpers import by_type, changed, compared, demand, pair
from tests.providers.aws.proxy import Handler, cuts, garbles, replies
from tests.thorough import sampled

ROLE = "writ-support-bot_orders.read"


def wanted(account: Account) -> Lowering:
    return lower(account.scope, demand(pair()))


@pytest.mark.parametrize(
    ("status", "code", "kind", "words"),
    [
        (400, "Throttling", Throttled, "iam:CreateRole"),
        (429, "", Throttled, "iam:CreateRole"),
        (409, "ConcurrentModification", Throttled, "iam:CreateRole"),
        (403, "AccessDenied", Denied, "iam:CreateRole is denied"),
        (403, "ExpiredToken", LoginEnded, "login"),
        (409, "LimitExceeded", Rejected, "LimitExceeded"),
        (400, "MalformedPolicyDocument", Rejected, "MalformedPolicyDocument"),
        (400, "ValidationError", Rejected, "ValidationError"),
        (500, "ServiceFailure", UnknownOutcome, "ServiceFailure"),
        (503, "ServiceUnavailable", UnknownOutcome, "ServiceUnavailable"),
        (502, "", UnknownOutcome, "iam:CreateRole"),
    ],
)
def test_errors_of_a_write(account: Account, status: int, code: str, kind: type[ProviderError], words: str) -> None:
    account.proxy.faults["CreateRole"] = replies(status, code, "not allowed")
    with pytest.raises(kind, match=words) as caught:
        account.create(by_type(wanted(account), "aws_iam_role").resource)
    assert type(caught.value) is kind
    assert account.proxy.calls["CreateRole"] == 1
    assert caught.value.help or kind in {Throttled, Rejected, UnknownOutcome}


@pytest.mark.parametrize(
    "fault", [cuts(after_commit=True), garbles(), garbles(200, b""), garbles(200, b"<CreateRoleResp")]
)
def test_a_lost_reply_is_an_unknown_outcome_and_is_sent_once(account: Account, fault: object) -> None:
    for desired in wanted(account).resources:
        action = {
            "aws_iam_openid_connect_provider": "CreateOpenIDConnectProvider",
            "aws_iam_role": "CreateRole",
            "aws_iam_role_policy": "PutRolePolicy",
        }[desired.resource.address.type]
        account.proxy.faults = {action: fault}  # type: ignore[dict-item]
        with pytest.raises(UnknownOutcome):
            account.create(desired.resource)
        assert account.proxy.calls[action] == 1
        account.proxy.faults = {}
        found = account.look(desired.resource.address)
        assert found is not None
        assert compared(found, desired.resource) == dict(desired.resource.attributes)
        account.create(desired.resource)


GARBAGE = [b"<html><body>Sign in</body></html>", b'{"message": "hello"}', b"hello", b"<GetRoleResponse/>"]


@pytest.mark.parametrize("content", sampled(GARBAGE, 3))
@pytest.mark.parametrize("status", [200, 302, 404])
def test_what_is_not_from_aws_is_unreachable_and_never_nothing(account: Account, status: int, content: bytes) -> None:
    account.build(wanted(account))
    for action in ("GetAccountAuthorizationDetails", "ListRoles", "ListOpenIDConnectProviders"):
        account.proxy.faults = {action: garbles(status, content)}
        with pytest.raises(Unreachable) as caught:
            account.read()
        assert "endpoint" in caught.value.help
    account.proxy.faults = {"GetOpenIDConnectProvider": garbles(status, GARBAGE[0])}
    with pytest.raises(Unreachable, match=rf"isn't AWS's \(HTTP {status}\)") as caught:
        account.read()
    assert "endpoint" in caught.value.help


@pytest.mark.parametrize("content", GARBAGE[:3])
@pytest.mark.parametrize("status", [200, 404])
def test_garbage_after_a_write_is_an_unknown_outcome(account: Account, status: int, content: bytes) -> None:
    role = by_type(wanted(account), "aws_iam_role").resource
    account.proxy.faults["CreateRole"] = garbles(status, content)
    with pytest.raises(UnknownOutcome, match=f"HTTP {status}") as caught:
        account.create(role)
    assert caught.value.help


@pytest.mark.parametrize("content", [b"upstream failed", b"", b"<html>no</html>"])
def test_a_failure_in_plain_text_says_its_status_and_the_way_out(account: Account, content: bytes) -> None:
    role = by_type(wanted(account), "aws_iam_role").resource
    account.proxy.faults = {"GetRole": garbles(500, content), "CreateRole": garbles(502, content)}
    with pytest.raises(Unreachable, match="iam:GetRole: HTTP 500") as unread:
        account.look(role.address)
    assert "endpoint" in unread.value.help
    assert account.proxy.calls["GetRole"] == 3
    with pytest.raises(UnknownOutcome, match="iam:CreateRole: HTTP 502") as lost:
        account.create(role)
    assert "plan again" in lost.value.help


def test_a_write_lost_before_it_was_done_is_not_there(account: Account) -> None:
    role = by_type(wanted(account), "aws_iam_role").resource
    account.proxy.faults["CreateRole"] = cuts(after_commit=False, times=1)
    with pytest.raises(UnknownOutcome):
        account.create(role)
    started = time.monotonic()
    assert account.look(role.address) is None
    assert time.monotonic() - started < 5
    account.create(role)
    assert account.look(role.address) is not None


def test_lost_replies_of_update_and_delete(account: Account) -> None:
    account.build(wanted(account))
    policy = by_type(wanted(account), "aws_iam_role_policy").resource
    live = account.read().objects[policy.address]
    account.proxy.faults["PutRolePolicy"] = cuts(after_commit=True)
    with pytest.raises(UnknownOutcome):
        account.update(live, changed(policy, policy=str(policy.attributes["policy"]).replace("orders", "other")))
    account.proxy.faults["DeleteRolePolicy"] = cuts(after_commit=True)
    with pytest.raises(UnknownOutcome):
        account.delete(live)
    assert account.look(policy.address) is None
    account.proxy.faults.clear()
    account.delete(live)


def test_nothing_was_sent_is_unreachable(account: Account) -> None:
    role = by_type(wanted(account), "aws_iam_role").resource
    account.proxy.close()
    with pytest.raises(Unreachable, match="can't be reached"):
        account.create(role)


def test_reads_are_tried_three_times(account: Account) -> None:
    role = by_type(wanted(account), "aws_iam_role").resource
    account.proxy.faults["GetRole"] = replies(400, "Throttling")
    with pytest.raises(Throttled):
        account.look(role.address)
    assert account.proxy.calls["GetRole"] == 3


def hidden(times: int, code: str = "NoSuchEntity", message: str = "not yet") -> object:
    return replies(400 if code != "NoSuchEntity" else 404, code, message, times=times)


def test_reads_wait_until_iam_shows_what_was_made(account: Account) -> None:
    role = by_type(wanted(account), "aws_iam_role").resource
    account.client.settling.patience = 5
    account.create(role)
    account.proxy.faults["GetRole"] = hidden(3)  # type: ignore[assignment]
    assert account.look(role.address) is not None
    assert account.proxy.calls["GetRole"] == 4


def test_reads_wait_until_an_update_shows(account: Account) -> None:
    account.build(wanted(account))
    account.client.settling.patience = 5
    role = by_type(wanted(account), "aws_iam_role").resource
    live = account.read().objects[role.address]

    def stale(handler: Handler, body: bytes) -> bool:
        status, content = handler.forward(body)
        account.proxy.faults.pop("GetRole")
        handler.answer(status, content.replace(b"<Description>newer", b"<Description>older"))
        return True

    account.update(live, changed(role, description="newer"))
    account.proxy.faults["GetRole"] = stale
    found = account.look(role.address)
    assert found is not None
    assert found.resource.attributes["description"] == "newer"


def test_writes_wait_for_what_this_run_has_made(account: Account) -> None:
    account.client.settling.patience = 5
    provider, role, policy = (d.resource for d in wanted(account).resources)
    account.create(provider)
    account.proxy.faults["CreateRole"] = hidden(  # type: ignore[assignment]
        2, "MalformedPolicyDocument", "Invalid principal in policy"
    )
    account.create(role)
    account.proxy.faults["PutRolePolicy"] = hidden(2)  # type: ignore[assignment]
    account.create(policy)
    assert account.proxy.calls["CreateRole"] == account.proxy.calls["PutRolePolicy"] == 3


def test_writes_do_not_wait_for_what_others_should_have_made(account: Account) -> None:
    account.client.settling.patience = 5
    policy = by_type(wanted(account), "aws_iam_role_policy").resource
    with pytest.raises(Rejected, match="NoSuchEntity"):
        account.create(policy)
    assert account.proxy.calls["PutRolePolicy"] == 1


def test_waiting_has_a_bound(account: Account) -> None:
    provider, role, _ = (d.resource for d in wanted(account).resources)
    account.create(provider)
    account.proxy.faults["CreateRole"] = replies(400, "MalformedPolicyDocument", "Invalid principal in policy")
    started = time.monotonic()
    with pytest.raises(Rejected, match="Invalid principal"):
        account.create(role)
    assert time.monotonic() - started < 3


def test_settling_gives_up_and_forgets() -> None:
    settling, address = Settling(patience=0.1), Address("s", "t", "k")
    with settling.writing(address, {"a": 1}):
        pass
    assert settling.read("t", "k", lambda: None) is None
    stale = Live(Resource(address, {"a": 2}), Ownership.OURS)
    reads = []
    assert settling.read("t", "k", lambda: reads.append(1) or stale) is stale
    assert len(reads) == 1


def test_a_refused_write_is_not_waited_for() -> None:
    settling, address = Settling(patience=60), Address("s", "t", "k")
    with settling.writing(address, {"a": 0}):
        pass
    with pytest.raises(Conflict), settling.writing(address, {"a": 1}):
        raise Conflict("no")
    assert settling.read("t", "k", lambda: None) is None


def test_a_refused_write_made_nothing() -> None:
    settling, address = Settling(), Address("s", "t", "k")
    with pytest.raises(Rejected), settling.writing(address, {"a": 1}):
        raise Rejected("no")
    assert not settling.made(address)


def test_threads_share_one_client(account: Account) -> None:
    pairs = [pair(f"agent-{n}") for n in range(12)]
    made = lower(account.scope, demand(*pairs)).resources
    account.create(made[0].resource)
    rest = made[1:]

    def build(slot: int) -> None:
        for desired in rest[slot * 8 : slot * 8 + 8]:
            account.create(desired.resource)

    threads = [threading.Thread(target=build, args=(slot,)) for slot in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(account.read().objects) == {d.resource.address for d in made}


def test_no_secret_is_logged(account: Account, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    account.build(wanted(account))
    assert "token-for" not in caplog.text
    assert "SecretAccessKey" not in caplog.text
