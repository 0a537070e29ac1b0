"""IAM users that are to go, as facts. An access key is named by its last characters: no output shows the whole."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from providers.aws.errors import NoSuchEntity
from providers.aws.naming import RETIRING
from reconciler.model import Live, Ownership, Resource, Retirable, Use, Value
from reconciler.provider import Retiring

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

POLICY = "writ-quarantine"
"""The inline policy of a locked user: an explicit deny wins over whatever else it has, also for its open sessions."""
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}'


@dataclass(frozen=True, slots=True)
class User:
    """A user with its keys, by how they are named in output."""

    name: str
    arn: str
    native_id: str
    keys: dict[str, tuple[str, bool]]
    """Shown name → whole id, and whether it is active."""
    policies: tuple[str, ...]
    """Names of its inline policies."""
    denied: bool
    """Whether our policy is there, and says what it is to say."""
    console: bool
    password_used: datetime | None


def user(client: AwsClient, name: str) -> User | None:
    """One user; None where it isn't there."""
    try:
        found = client.read("get_user", UserName=name)["User"]
    except NoSuchEntity:
        return None
    policies = tuple(str(one) for one in client.pages("list_user_policies", "PolicyNames", UserName=name))
    return User(
        found["UserName"],
        found["Arn"],
        found["UserId"],
        dict(_keys(client, name)),
        policies,
        POLICY in policies and _denies(client, name),
        _there(client, "get_login_profile", name),
        found.get("PasswordLastUsed"),
    )


def _keys(client: AwsClient, name: str) -> Iterator[tuple[str, tuple[str, bool]]]:
    taken: set[str] = set()
    every = list(client.pages("list_access_keys", "AccessKeyMetadata", UserName=name))
    for found in sorted(every, key=lambda one: str(one["AccessKeyId"])):
        key = str(found["AccessKeyId"])
        shown = next(text for text in (f"…{key[-length:]}" for length in range(4, len(key) + 1)) if text not in taken)
        taken.add(shown)
        yield shown, (key, found["Status"] == "Active")


def _denies(client: AwsClient, name: str) -> bool:
    text = client.read("get_user_policy", UserName=name, PolicyName=POLICY)["PolicyDocument"]
    try:
        return bool(json.loads(unquote(text) if isinstance(text, str) else json.dumps(text)) == json.loads(DENY))
    except ValueError:
        return False


def _there(client: AwsClient, operation: str, name: str) -> bool:
    try:
        client.read(operation, UserName=name)
    except NoSuchEntity:
        return False
    return True


def live(client: AwsClient, found: User, version: str = "") -> Live:
    """In the form in which it is compared. ``version``: last_use of it, where that was asked."""
    keys: dict[str, Value] = {name: "Active" if active else "Inactive" for name, (_, active) in found.keys.items()}
    values: dict[str, Value] = {"access_keys": keys, "denied": found.denied, "console_password": found.console}
    address = client.scope.address(RETIRING, found.name)
    resource = Resource(address, values)
    return Live(resource, Ownership.UNMARKED, in_scope=False, version=version, native_id=found.native_id)


def look(client: AwsClient, wanted: Collection[Retiring]) -> dict[str, Retirable]:
    """Those that are there, by name."""
    every = ((one.principal, user(client, one.principal)) for one in wanted)
    return {name: _retirable(client, found) for name, found in every if found is not None}


def _retirable(client: AwsClient, found: User) -> Retirable:
    used = tuple(uses(client, found))
    now = live(client, found, last_use(used))
    locked: dict[str, Value] = {"access_keys": dict.fromkeys(found.keys, "Inactive"), "denied": True}
    quarantined = found.denied and not any(active for _, active in found.keys.values())
    return Retirable(
        now,
        "IAM user",
        quarantined,
        Resource(now.resource.address, {**now.resource.attributes, **locked}),
        ends=tuple(_ends(found)),
        uses=used,
        holding=tuple(_holding(client, found.name)) if quarantined else (),
        losing=("its access keys, console password, policies and group memberships go with it",),
        never=tuple(_never(client, found)),
    )


def _ends(found: User) -> Iterator[str]:
    for name, (_, active) in found.keys.items():
        if active:
            yield f"access key {name}: it is set to Inactive"
    yield "whatever it may do: an inline policy denies all, also to open sessions and to the console"


def last_use(every: Iterable[Use]) -> str:
    """When it was used last, as a version of it: who uses it after it was read moves it. Empty: never, to AWS."""
    return max((use.since.astimezone(UTC).isoformat() for use in every if use.since is not None), default="")


def uses(client: AwsClient, found: User) -> Iterator[Use]:
    """What AWS remembers of each key, and of the password: the last time, and hours late."""
    for name, (key, _) in found.keys.items():
        used: dict[str, Any] = client.read("get_access_key_last_used", AccessKeyId=key)["AccessKeyLastUsed"]
        if used.get("LastUsedDate") is not None:
            service = used.get("ServiceName", "")
            what = f" for {service}" if service and service != "N/A" else ""
            region = used.get("Region", "")
            yield Use(f"access key {name}{what}", "" if region == "N/A" else region, used["LastUsedDate"], now=False)
    if found.password_used is not None:
        yield Use("its console password", since=found.password_used, now=False)


def _holding(client: AwsClient, name: str) -> Iterator[str]:
    """What AWS deletes no user with, so that a deletion is begun only where it can be ended."""
    for operation, listed, what in (
        ("list_signing_certificates", "Certificates", "signing certificates"),
        ("list_ssh_public_keys", "SSHPublicKeys", "SSH keys"),
    ):
        if any(True for _ in client.pages(operation, listed, UserName=name)):
            yield f"it has {what}, with which AWS deletes no user: remove them"


def _never(client: AwsClient, found: User) -> Iterator[str]:
    if client.arn == found.arn:
        yield f"{found.name} is the login of this run"
    if POLICY in found.policies and not found.denied:
        yield f"it has an inline policy {POLICY} that isn't the one of a locked user"
