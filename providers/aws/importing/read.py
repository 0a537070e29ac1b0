"""Roles and users of an account in the words of the specs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from providers.aws.adopting import AwsNames
from providers.aws.document import normalise
from providers.aws.importing.access import access_of
from providers.aws.importing.tagged import in_the_way
from providers.aws.importing.trust import trusted
from providers.aws.live import RoleFacts, provider_live, role_facts
from providers.aws.lowering import SHORTEST_SESSION
from providers.aws.managed import read_managed
from providers.aws.naming import ROLE
from providers.aws.tags import OWNER
from reconciler.model import Importable, Lacking, Ownership, Said, Vouched
from reconciler.provider import marker_fields, owner_by_fields
from reconciler.provider.wording import NO_WORKLOAD, refusal
from specs.duration import parse_duration

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_USER = "aws_iam_user"
_BULK = "get_account_authorization_details"
_AWS_OWN = ("/aws-service-role/", "/aws-reserved/")
_TTL = re.compile(r"TTL ([0-9smhd]+)")


def importable(client: AwsClient) -> Iterator[Importable]:
    """Roles, then users; without the roles that AWS's services keep for themselves."""
    listed = {role["RoleName"]: role for role in client.pages("list_roles", "Roles", PathPrefix="/")}
    details = list(client.pages(_BULK, "RoleDetailList", Filter=["Role"]))
    account = _Account(client)
    for detail in details:
        if detail["RoleName"] in listed and not detail["Path"].startswith(_AWS_OWN):
            yield account.role(role_facts(detail, listed[detail["RoleName"]]))
    for group in client.pages(_BULK, "GroupDetailList", Filter=["Group"]):
        account.groups[group["GroupName"]] = (_inline(group, "GroupPolicyList"), _attached(group))
    for user in client.pages(_BULK, "UserDetailList", Filter=["User"]):
        yield account.user(user)


@dataclass(slots=True)
class _Account:
    client: AwsClient
    groups: dict[str, tuple[dict[str, str], list[str]]] = field(default_factory=dict)
    _managed: dict[str, str | None] = field(default_factory=dict)
    _providers: dict[str, tuple[bool, list[str]]] | None = None
    """OIDC providers by key: whether they are Writ's, and their audiences."""

    def role(self, role: RoleFacts) -> Importable:
        """With its trust, where that is one workload's."""
        said = access_of([*sorted(role.policies.items()), *self._texts(role.attached)])
        vouched = trusted(role.trust)
        lacking = list(said.lacking)
        if isinstance(vouched, Lacking):
            lacking.insert(0, vouched)
        else:
            vouched, problem = self._placed(vouched)
            lacking += [problem] if problem else []
            lacking += self._unlike(role)
        owner = owner_by_fields(role.tags, self.client.scope)[0]
        ours = owner is Ownership.OURS
        lacking += in_the_way(role.tags) if owner is Ownership.FOREIGN else ()
        meant = _said(role) if ours else Said(owner=role.tags.get("owner") or role.tags.get("Owner") or "")
        names = self._names(role, meant)
        if names and not isinstance(vouched, Lacking) and len(role.policies) == 1:
            problem = refusal(AwsNames, names)
            lacking += [problem] if problem else []
        longest = role.max_session_duration
        return Importable(
            self.client.scope.address(ROLE, role.name),
            "IAM role",
            role.name,
            (said.block,) if said.block else (),
            None if isinstance(vouched, Lacking) else vouched,
            names,
            (1 if longest <= SHORTEST_SESSION else longest, longest),
            said.topic,
            meant,
            tuple(lacking),
        )

    def user(self, detail: Mapping[str, Any]) -> Importable:
        """All that it may do by itself and by its groups. Nobody but whoever has its secret proves to be it."""
        inline, attached = _inline(detail, "UserPolicyList"), _attached(detail)
        for name in detail.get("GroupList", ()):
            more, arns = self.groups.get(name, ({}, []))
            inline |= {f"{name}/{policy}": text for policy, text in more.items()}
            attached += arns
        said = access_of([*sorted(inline.items()), *self._texts(dict.fromkeys(attached))])
        boundary = (detail.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
        bounded = (Lacking(f"the boundary {boundary} bounds it, and its intent says more"),) if boundary else ()
        return Importable(
            self.client.scope.address(_USER, detail["UserName"]),
            "IAM user",
            detail["UserName"],
            (said.block,) if said.block else (),
            topic=said.topic,
            lacking=(NO_WORKLOAD, *bounded, *said.lacking),
        )

    def _unlike(self, role: RoleFacts) -> Iterator[Lacking]:
        if role.attached:
            yield Lacking(
                f"managed policies are attached to it: {', '.join(role.attached)}; Writ's roles have one inline policy",
                "put what they say into one inline policy, then import again",
            )
        elif len(role.policies) != 1:
            yield Lacking(
                f"it has {len(role.policies)} inline policies, and Writ's roles have one",
                "put what they say into one inline policy, then import again",
            )
        if role.profiles:
            yield Lacking(f"it is in instance profile {role.profiles[0]}: machines use it too", "give them a role")
        if role.boundary != self.client.scope.settings.permissions_boundary:
            yield Lacking(
                f"its boundary is {role.boundary or 'none'}, and the system's permissions_boundary another",
                "give all of the system's roles one boundary",
            )

    def _names(self, role: RoleFacts, said: Said) -> Mapping[str, Any]:
        """Nothing where these are the names that Writ derives."""
        settings, policy = self.client.scope.settings, next(iter(sorted(role.policies)), "")
        derived = f"{settings.role_prefix}{said.agent}_{said.intent}"
        if said.intent and (role.name, role.path, policy) == (derived, settings.role_path, said.intent):
            return {}
        ours = {OWNER, *marker_fields(self.client.scope), "writ:agent", "writ:intent"}
        tags = {key: value for key, value in sorted(role.tags.items()) if key not in ours}
        path = {} if role.path == "/" else {"path": role.path}
        return {"role": role.name, **path, "policy": policy, **({"tags": tags} if tags else {})}

    def _placed(self, vouched: Vouched) -> tuple[Vouched, Lacking | None]:
        if self._providers is None:
            self._providers = _oidc(self.client)
        ours, audiences = self._providers.get(vouched.place, (False, None))
        if audiences is None:
            return vouched, Lacking(f"OIDC provider {vouched.place}, which it trusts, isn't there", "nobody can use it")
        if vouched.audience not in audiences:
            return vouched, Lacking(f"OIDC provider {vouched.place} doesn't accept its audience {vouched.audience}")
        return (replace(vouched, place="") if ours else vouched), None

    def _texts(self, arns: Any) -> list[tuple[str, str | None]]:
        fresh = [arn for arn in arns if arn not in self._managed]
        for one in read_managed(self.client, fresh).values():
            found = one.attributes["policy"]
            self._managed[one.address.key] = found if isinstance(found, str) else None
        return [(arn, self._managed[arn]) for arn in arns]


def _oidc(client: AwsClient) -> dict[str, tuple[bool, list[str]]]:
    found: dict[str, tuple[bool, list[str]]] = {}
    for entry in client.read("list_open_id_connect_providers")["OpenIDConnectProviderList"]:
        detail = client.read("get_open_id_connect_provider", OpenIDConnectProviderArn=entry["Arn"])
        live = provider_live(client.scope, entry["Arn"], detail)
        found[live.resource.address.key] = (live.ownership is Ownership.OURS, list(detail.get("ClientIDList", ())))
    return found


def _said(role: RoleFacts) -> Said:
    """What our tags and our description say."""
    agent, intent = role.tags.get("writ:agent", ""), role.tags.get("writ:intent", "")
    declared = _TTL.search(role.description)
    use = role.description.partition(f"{agent} for {intent}: ")[2]
    return Said(agent, intent, role.tags.get(OWNER, ""), use=use, ttl=parse_duration(declared[1]) if declared else 0)


def _inline(detail: Mapping[str, Any], name: str) -> dict[str, str]:
    return {one["PolicyName"]: normalise(one["PolicyDocument"]) for one in detail.get(name, ())}


def _attached(detail: Mapping[str, Any]) -> list[str]:
    return [one["PolicyArn"] for one in detail.get("AttachedManagedPolicies", ())]
