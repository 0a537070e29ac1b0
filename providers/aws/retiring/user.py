"""An IAM user on its way out: locked, unlocked again, or deleted with all that hangs on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from providers.aws.naming import RETIRING
from providers.aws.retiring.look import DENY, POLICY, User, last_use, live, user, uses
from reconciler.model import Live, Resource, Value
from reconciler.provider import Attribute, Conflict, Denied, Rejected, ResourceType

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

    Base: TypeAlias = ResourceType[AwsClient]
else:
    Base = ResourceType

_AGAIN = "plan again"


class RetiringUser(Base):
    """Key: the user's name. Somebody else's user, until it is gone."""

    name: ClassVar[str] = RETIRING
    attributes: ClassVar[Mapping[str, Attribute]] = {
        "access_keys": Attribute("Its access keys by their last characters: Active or Inactive."),
        "denied": Attribute("Whether the inline policy writ-quarantine denies it everything."),
        "console_password": Attribute(
            "Whether it has one. It stays: the policy denies all that it lets do.", computed=True
        ),
    }

    def read(self, client: AwsClient, key: str) -> Live | None:
        """One user. Waits, with a bound, for this run's own writes."""
        return client.settling.read(self.name, key, lambda: _found(client, key))

    def create(self, client: AwsClient, desired: Resource) -> None:  # noqa: ARG002
        """Never: what was deleted can't be brought back."""
        raise Rejected(f"user {desired.address.key} is gone, and can't be made again as it was")

    def update(self, client: AwsClient, before: Live, desired: Resource) -> None:
        """Lock it: the policy first, which alone ends everything. Unlock it: that last."""
        found = _same(client, before)
        locks = bool(desired.attributes["denied"])
        if locks:
            _unused(client, found, before)
        with client.settling.writing(desired.address, desired.attributes):
            if locks and not found.denied:
                client.write("put_user_policy", UserName=found.name, PolicyName=POLICY, PolicyDocument=DENY)
            _set_keys(client, found, desired.attributes["access_keys"])
            if not locks and found.denied:
                client.write("delete_user_policy", UserName=found.name, PolicyName=POLICY)

    def delete(self, client: AwsClient, before: Live) -> None:
        """Remove all that hangs on it, then the user. It stays denied everything until it is gone."""
        if user(client, before.resource.address.key) is None:
            return
        found = _same(client, before)
        if not found.denied or any(active for _, active in found.keys.values()):
            raise Conflict(f"{found.name} isn't locked any more: somebody unlocked it since the plan", help=_AGAIN)
        _unused(client, found, before)
        with client.settling.writing(before.resource.address, None):
            _delete(client, found)


def _found(client: AwsClient, key: str) -> Live | None:
    found = user(client, key)
    return live(client, found) if found is not None else None


def _delete(client: AwsClient, found: User) -> None:
    for key, _ in found.keys.values():
        client.write("delete_access_key", UserName=found.name, AccessKeyId=key)
    if found.console:
        client.write("delete_login_profile", UserName=found.name)
    _leave(client, found)
    for policy in sorted(found.policies, key=lambda name: name == POLICY):
        client.write("delete_user_policy", UserName=found.name, PolicyName=policy)
    try:
        client.write("delete_user", UserName=found.name)
    except (Conflict, Denied, Rejected):
        # Something hangs on it still, such as service-specific credentials: those must not work meanwhile.
        client.write("put_user_policy", UserName=found.name, PolicyName=POLICY, PolicyDocument=DENY)
        raise


def _leave(client: AwsClient, found: User) -> None:
    name = found.name
    for device in list(client.pages("list_mfa_devices", "MFADevices", UserName=name)):
        client.write("deactivate_mfa_device", UserName=name, SerialNumber=device["SerialNumber"])
    for group in list(client.pages("list_groups_for_user", "Groups", UserName=name)):
        client.write("remove_user_from_group", UserName=name, GroupName=group["GroupName"])
    for policy in list(client.pages("list_attached_user_policies", "AttachedPolicies", UserName=name)):
        client.write("detach_user_policy", UserName=name, PolicyArn=policy["PolicyArn"])


def _set_keys(client: AwsClient, found: User, wanted: Value) -> None:
    states = wanted if isinstance(wanted, Mapping) else {}
    for shown, (key, active) in found.keys.items():
        state = states.get(shown, "Inactive")
        if (state == "Active") is not active:
            client.write("update_access_key", UserName=found.name, AccessKeyId=key, Status=state)


def _unused(client: AwsClient, found: User, before: Live) -> None:
    """A plan may be days old, and somebody have thought about it for hours."""
    if last_use(uses(client, found)) > before.version:
        message = f"{found.name} was used since it was read"
        raise Conflict(message, help="have whoever it is use what replaces it, then plan again")


def _same(client: AwsClient, before: Live) -> User:
    """The very user that was read for the plan, with the very keys."""
    name = before.resource.address.key
    found = user(client, name)
    if found is None:
        raise Conflict(f"{name} has gone since it was read", help=_AGAIN)
    if found.native_id != before.native_id:
        raise Conflict(f"{name} is another user by now", help="look who made it, then plan again")
    return found
