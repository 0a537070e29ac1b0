"""All that stands in one account, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any

from providers.aws.errors import LoginEnded
from providers.aws.standing.access import Policies
from providers.aws.standing.gaps import Gaps
from providers.aws.standing.roles import Roles
from providers.aws.standing.users import Users
from reconciler.model import Holds, Side, Standing, Unseen, Width, Witness
from reconciler.provider import Denied

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

ROOT_KEY = "aws_root_access_key"
_WORKERS = 8
_BATCH = 100
_BULK = "get_account_authorization_details"
_ACCESS = "what users and roles may do"
_EVERYTHING = (Width(Side.REACH, Witness("every request", note="root user")),)


def inventory(client: AwsClient) -> Iterator[Standing | Unseen]:
    """The root user's keys, users with their keys, roles."""
    gaps = Gaps(client.scope.system)
    policies = Policies(client, gaps)
    yield from _root(client, gaps)
    try:
        for group in client.pages(_BULK, "GroupDetailList", Filter=["Group"]):
            policies.learn(group)
    except LoginEnded:
        raise
    except Denied as denied:
        gaps.add(_ACCESS, denied)
        sources = _listed(client, gaps)
    else:
        sources = (
            client.pages(_BULK, "UserDetailList", Filter=["User"]),
            client.pages(_BULK, "RoleDetailList", Filter=["Role"]),
        )
    users, roles = Users(client, gaps, policies), Roles(client, policies)
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="aws-standing") as pool:
        for page in _batches(sources[0]):
            for found in pool.map(users.one, page):
                yield from found
            yield from gaps.told()
    for role in sources[1]:
        yield roles.one(role)
    yield from gaps.told()


def _listed(client: AwsClient, gaps: Gaps) -> tuple[Iterable[dict[str, Any]], Iterable[dict[str, Any]]]:
    """Names and dates without policies, where the bulk reading is denied."""
    return (
        gaps.all("users", client.pages("list_users", "Users")),
        gaps.all("roles", client.pages("list_roles", "Roles")),
    )


def _root(client: AwsClient, gaps: Gaps) -> Iterator[Standing]:
    """The account's own user, whose keys may do everything. When they were used, only a report says."""
    summary: Mapping[str, Any] = gaps.read(
        "keys of the account's root user", lambda: client.read("get_account_summary")["SummaryMap"], {}
    )
    if summary.get("AccountAccessKeysPresent"):
        yield Standing(
            client.scope.address(ROOT_KEY, client.scope.settings.account),
            "root user's access key",
            f"arn:{client.scope.settings.partition}:iam::{client.scope.settings.account}:root",
            count=int(summary["AccountAccessKeysPresent"]),
            holds=Holds.CREDENTIAL,
            endless=True,
            widths=_EVERYTHING,
        )


def _batches(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    source = iter(items)
    while batch := list(islice(source, _BATCH)):
        yield batch
