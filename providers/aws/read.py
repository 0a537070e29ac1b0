"""One account's scope as a snapshot: O(pages) for roles, one call for each OIDC provider."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from providers.aws.errors import NoSuchEntity
from providers.aws.live import RoleFacts, provider_live, role_objects
from providers.aws.managed import arns_of, read_managed
from providers.aws.naming import (
    ATTACHMENT,
    PROFILE_ROLE,
    PROVIDER,
    PROVIDER_USE,
    ROLE,
    ROLE_POLICY,
    split_policy_key,
    split_slash,
    split_use_key,
)
from providers.aws.openid_connect_provider_use import MISSING_HELP, missing, use_live
from providers.aws.roles import read_roles
from reconciler.model import PLACE, Address, Live, Ownership, Resource, Snapshot
from specs.diagnostic import Diagnostic, warning

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_WORKERS = 8
_ABSENT_HELP = f"apply waits for another system of the same plan that makes it; otherwise {MISSING_HELP}"


@dataclass(frozen=True, slots=True)
class _Wanted:
    addresses: frozenset[Address]
    roles: Mapping[str, Address]
    """By name in lower case."""


def read_snapshot(client: AwsClient, wanted: Collection[Address]) -> Snapshot:
    """All under the role path, and the wanted addresses wherever they are.

    A provider has no path: those with our marker that nobody wants are outside of the scope, for another project may
    have the same names.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="aws-oidc") as pool:
        reading = pool.submit(_providers, client, wanted)
        found = read_roles(client, _role_names(wanted))
        providers, diagnostics = reading.result()
    objects = {live.resource.address: live for live in providers}
    sought = _Wanted(frozenset(wanted), {a.key.lower(): a for a in wanted if a.type == ROLE})
    for role in found.roles:
        client.territory.learn(role, wanted=client.scope.address(ROLE, role.name) in sought.addresses)
        objects.update((live.resource.address, live) for live in _of_role(client, role, sought))
    account = client.scope.settings.account
    facts = {PLACE: f"account {account}", "account": account, "identity": client.arn}
    if found.one_by_one:
        facts["roles"] = "read one by one"
        diagnostics = [*diagnostics, _slow(client, found.one_by_one)]
    observed = read_managed(client, arns_of(client.scope.settings, found.roles))
    return Snapshot(objects, tuple(diagnostics), facts, observed=observed)


def _role_names(wanted: Collection[Address]) -> set[str]:
    """The roles that wanted addresses are, or hang on."""
    names = set()
    for address in wanted:
        if address.type == ROLE:
            names.add(address.key)
        elif address.type == ROLE_POLICY:
            names.add(split_policy_key(address.key)[0])
        elif address.type == ATTACHMENT:
            names.add(split_slash(address.key)[0])
        elif address.type == PROFILE_ROLE:
            names.add(split_slash(address.key)[1])
    return names


def _of_role(client: AwsClient, role: RoleFacts, wanted: _Wanted) -> Iterator[Live]:
    """The role with all that hangs on it if that is ours to remove; else only what is wanted by name."""
    sought = client.scope.address(ROLE, role.name) in wanted.addresses
    owner, *hanging = role_objects(client.scope, role, wanted=sought)
    if owner.in_scope or sought:
        yield owner
    yield from (live for live in hanging if live.in_scope or live.resource.address in wanted.addresses)
    respelled = wanted.roles.get(role.name.lower())
    if respelled is not None and respelled.key != role.name:
        note = f"role {role.name} at path {role.path} has the name, and IAM ignores case there"
        yield Live(Resource(respelled, owner.resource.attributes), Ownership.FOREIGN, note=note, in_scope=False)


def _providers(client: AwsClient, wanted: Collection[Address]) -> tuple[list[Live], list[Diagnostic]]:
    uses = sorted(address.key for address in wanted if address.type == PROVIDER_USE)
    names = {address.key for address in wanted if address.type == PROVIDER}
    claimed = names - {split_use_key(use)[0] for use in uses}
    listed = client.read("list_open_id_connect_providers")["OpenIDConnectProviderList"]
    arns = sorted({entry["Arn"] for entry in listed})
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="aws-oidc-get") as pool:
        found = {live.resource.address.key: live for live in pool.map(lambda arn: _provider(client, arn), arns) if live}
    shown = [
        _claim(live, names, claimed) for key, live in found.items() if key in names or live.ownership is Ownership.OURS
    ]
    usable = [key for key in uses if _accepts(found, key)]
    absent = [_absent(client, key) for key in uses if key not in usable]
    return [*shown, *(use_live(client, key) for key in usable)], absent


def _claim(live: Live, wanted: Collection[str], claimed: Collection[str]) -> Live:
    """In the scope is what carries our marker and is wanted or recorded.

    So is an unmarked provider at a wanted address: a recorded one is ours, without its tags. What was never recorded
    stays somebody else's. So does a provider that the specs merely use: it was handed over.
    """
    ours = wanted if live.ownership is Ownership.OURS else claimed if live.ownership is Ownership.FOREIGN else ()
    return replace(live, in_scope=live.resource.address.key in ours)


def _absent(client: AwsClient, use: str) -> Diagnostic:
    # By its address, so that it is shown at the issuer's position where the specs still name it.
    subject = str(client.scope.address(PROVIDER_USE, use))
    return warning("W437", missing(use), subject=subject, help=_ABSENT_HELP, span=client.scope.span)


def _accepts(found: dict[str, Live], use: str) -> bool:
    provider, audience = split_use_key(use)
    if provider not in found:
        return False
    accepted = found[provider].resource.attributes["client_id_list"]
    return isinstance(accepted, list) and audience in accepted


def _provider(client: AwsClient, arn: str) -> Live | None:
    try:
        found = client.read("get_open_id_connect_provider", OpenIDConnectProviderArn=arn)
    except NoSuchEntity:
        return None
    return provider_live(client.scope, arn, found)


def _slow(client: AwsClient, why: str) -> Diagnostic:
    return warning(
        "W438",
        f"{client.scope.system}: roles were read one by one, which is slow: {why}",
        subject=client.scope.system,
        help="grant iam:GetAccountAuthorizationDetails to read them in bulk",
        span=client.scope.span,
    )
