"""Texts of the managed policies that bear on a scope's roles: attached ones, and boundaries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from providers.aws.document import normalise
from providers.aws.errors import NoSuchEntity
from providers.aws.live import RoleFacts
from providers.aws.settings import AwsSettings
from reconciler.provider import Denied

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_WORKERS = 4


def arns_of(settings: AwsSettings, roles: Iterable[RoleFacts]) -> set[str]:
    """What hangs on the roles or bounds them, now or by the specs."""
    found = {arn for role in roles for arn in (*role.attached, role.boundary) if arn}
    return found | ({settings.permissions_boundary} if settings.permissions_boundary else set())


def read_managed(client: AwsClient, arns: Collection[str]) -> Mapping[str, str]:
    """Their documents by ARN, two calls for each. What may not be read, or isn't there, is left out: it is unknown."""
    if not arns:
        return {}
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="aws-policy") as pool:
        texts = pool.map(lambda arn: _document(client, arn), sorted(arns))
        return {arn: text for arn, text in zip(sorted(arns), texts, strict=True) if text}


def _document(client: AwsClient, arn: str) -> str:
    try:
        version = client.read("get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
        found = client.read("get_policy_version", PolicyArn=arn, VersionId=version)["PolicyVersion"]
    except (NoSuchEntity, Denied):
        # Whoever compares says that it is unknown what the policy allows.
        return ""
    return normalise(found["Document"])
