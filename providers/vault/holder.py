"""Who outside the scope holds something of Writ's: gives one of its policies, or makes logins in a role of its."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from providers.vault.names import HOLDER
from providers.vault.resource import VaultResource
from reconciler.model import ByHand, Live, Ownership, Resource
from reconciler.provider import Attribute, Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

_MOST_NAMED = 3


class Holder(VaultResource):
    """Key: its path in the API. It is another's, so that no step touches it; what it holds is ours, so that it is told.

    Found by the bulk reading only (providers.vault.holders), and never recorded.
    """

    name = HOLDER
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "path": Attribute("Where it is in the API."),
        "kind": Attribute("What it is: an auth method's type and folder, a group, a database role."),
        "policies": Attribute("Writ's policies that it gives, or a pattern that matches some."),
        "roles": Attribute("Roles of other systems, Writ's, that its statements name."),
        "bound": Attribute("Principals of AWS that it lets in."),
    }

    def read(self, client: VaultClient, key: str) -> Live | None:  # noqa: ARG002 - nobody wants one
        """None: nobody wants or records one."""
        return None

    def write(self, client: VaultClient, desired: Resource, before: Live | None) -> None:  # noqa: ARG002
        """Raises Rejected."""
        raise Rejected(f"{desired.address} can't be declared")

    def delete(self, client: VaultClient, before: Live) -> None:  # noqa: ARG002
        """Raises Rejected: it is another's."""
        raise Rejected(f"{before.resource.address} isn't Writ's to change")


def holder(
    client: VaultClient,
    path: str,
    kind: str,
    *,
    policies: Sequence[str] = (),
    roles: Sequence[str] = (),
    bound: Sequence[str] = (),
) -> Live:
    """A row that only somebody's hand takes away."""
    values = {"path": path, "kind": kind, "policies": sorted(policies), "roles": sorted(roles), "bound": sorted(bound)}
    what = f"gives {_few(policies)}" if policies else f"makes logins that may join {_few(roles)}"
    left = ByHand(
        f"{path} is outside this scope and {what}",
        "take that out of it there; who needs such access gets an intent of its own",
    )
    return Live(Resource(client.scope.address(HOLDER, path), values), Ownership.UNMARKED, by_hand=left)


def _few(names: Sequence[str]) -> str:
    first = sorted(names)[:_MOST_NAMED]
    return ", ".join(first) + (f" and {len(names) - len(first)} more" if len(names) > len(first) else "")
