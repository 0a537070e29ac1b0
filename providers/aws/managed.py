"""Texts of the managed policies that bear on a scope's roles: attached ones, and boundaries."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from providers.aws.document import normalise
from providers.aws.errors import NoSuchEntity
from providers.aws.live import RoleFacts
from providers.aws.naming import MANAGED_POLICY
from providers.aws.settings import AwsSettings
from reconciler.model import Address, Resource
from reconciler.provider import Denied, Scope

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_WORKERS = 4


def arns_of(settings: AwsSettings, roles: Iterable[RoleFacts]) -> set[str]:
    """What hangs on the roles or bounds them, now or by the specs."""
    found = {arn for role in roles for arn in (*role.attached, role.boundary) if arn}
    return found | ({settings.permissions_boundary} if settings.permissions_boundary else set())


def read_managed(client: AwsClient, arns: Collection[str]) -> dict[Address, Resource]:
    """With their documents, two calls for each: that of what may not be read, or isn't there, is unknown."""
    if not arns:
        return {}
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="aws-policy") as pool:
        texts = pool.map(lambda arn: _document(client, arn), sorted(arns))
        found = [managed(client.scope, arn, text) for arn, text in zip(sorted(arns), texts, strict=True)]
    return {one.address: one for one in found}


def managed(scope: Scope[AwsSettings], arn: str, text: str | None) -> Resource:
    """A managed policy as it is observed: by its default version."""
    return Resource(scope.address(MANAGED_POLICY, arn), {"policy": text})


def _document(client: AwsClient, arn: str) -> str | None:
    try:
        version = client.read("get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = client.read("get_policy_version", PolicyArn=arn, VersionId=version)["PolicyVersion"]
    except (NoSuchEntity, Denied):
        # Whoever compares says that it is unknown what the policy allows.
        return None
    return normalise(found["Document"])
