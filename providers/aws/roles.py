"""The roles of a scope in bulk: two paged lists, O(pages); one by one where the first is denied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from providers.aws.errors import NoSuchEntity
from providers.aws.live import RoleFacts, role_facts, under_path
from reconciler.provider import Denied, Unreachable

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_WORKERS = 8
_TRIES = 3


@dataclass(frozen=True, slots=True)
class RolesRead:
    """What was found, and why it was read one by one, if it was."""

    roles: tuple[RoleFacts, ...]
    one_by_one: str = ""


def read_roles(client: AwsClient, names: Collection[str]) -> RolesRead:
    """All roles under the path, and those of these names anywhere in the account."""
    chosen = _chooser(client, names)
    with ThreadPoolExecutor(1, thread_name_prefix="aws-list") as pool:
        listing = pool.submit(_listed, client, client.scope.settings.role_path)
        try:
            details = {role["RoleName"]: role for role in _details(client) if chosen(role)}
        except Denied as denied:
            listing.result()
            return RolesRead(_one_by_one(client, chosen), denied.message)
        listed = listing.result()
    for path in sorted({role["Path"] for role in details.values() if not under_path(client.scope, role["Path"])}):
        listed |= _listed(client, path)
    return RolesRead(tuple(_joined(client, details, listed)))


def _chooser(client: AwsClient, names: Collection[str]) -> Callable[[Mapping[str, Any]], bool]:
    # IAM keeps the case of names, and refuses two that differ only by it.
    folded = {name.lower() for name in names}
    return lambda role: under_path(client.scope, role["Path"]) or role["RoleName"].lower() in folded


def _details(client: AwsClient) -> Iterator[dict[str, Any]]:
    return client.pages("get_account_authorization_details", "RoleDetailList", Filter=["Role"])


def _listed(client: AwsClient, path: str) -> dict[str, dict[str, Any]]:
    return {role["RoleName"]: role for role in client.pages("list_roles", "Roles", PathPrefix=path)}


def _joined(
    client: AwsClient, details: Mapping[str, dict[str, Any]], listed: Mapping[str, dict[str, Any]]
) -> Iterator[RoleFacts]:
    """The two lists as one. What only one of them has was made or removed in between: it is looked at again."""
    known = details.keys() & listed.keys()
    yield from (role_facts(details[name], listed[name]) for name in details if name in known)
    inside = {name for name, role in listed.items() if under_path(client.scope, role["Path"])}
    yield from _each(client, sorted((details.keys() | inside) - known))


def _one_by_one(client: AwsClient, chosen: Callable[[Mapping[str, Any]], bool]) -> tuple[RoleFacts, ...]:
    # The whole account, since a wanted name may be taken at any path.
    return tuple(_each(client, [name for name, role in _listed(client, "/").items() if chosen(role)]))


def _each(client: AwsClient, names: Iterable[str]) -> Iterator[RoleFacts]:
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="aws-role") as pool:
        yield from (role for role in pool.map(lambda name: _read_role(client, name), names) if role is not None)


def _read_role(client: AwsClient, name: str) -> RoleFacts | None:
    """Four calls and one for each inline policy; None if the role has gone."""
    for _ in range(_TRIES):
        try:
            role = client.read("get_role", RoleName=name)["Role"]
        except NoSuchEntity:
            return None
        try:
            return role_facts(role | _hanging_on(client, name), role)
        except NoSuchEntity:
            # The role went, or one of its policies, while it was read: look again.
            continue
    raise Unreachable(f"role {name} keeps changing while it is read", help="try again when nobody writes to it")


def _hanging_on(client: AwsClient, name: str) -> dict[str, Any]:
    names = [str(policy) for policy in client.pages("list_role_policies", "PolicyNames", RoleName=name)]
    return {
        "RolePolicyList": [client.read("get_role_policy", RoleName=name, PolicyName=policy) for policy in names],
        "AttachedManagedPolicies": list(client.pages("list_attached_role_policies", "AttachedPolicies", RoleName=name)),
        "InstanceProfileList": list(client.pages("list_instance_profiles_for_role", "InstanceProfiles", RoleName=name)),
    }
