"""What may be written at all, whatever a plan says: a saved plan is a file, and a file can be edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from providers.aws.errors import NoSuchEntity
from providers.aws.live import RoleFacts, role_facts, role_live
from providers.aws.naming import provider_key
from providers.aws.settings import AwsSettings
from reconciler.model import Live, Ownership, Resource, Value
from reconciler.provider import Rejected, Scope, marker_fields

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

_NOT_MADE = (
    "Writ makes roles under the system's role_path and with its role_prefix only: plan again, or, of one that was "
    "imported and is gone, take its `names` out of the specs"
)
_HELP = "Writ writes only within the system's role_path and role_prefix, and what carries its marker: plan again"


@dataclass(frozen=True, slots=True)
class Territory:
    """Which roles lie in one system's scope, as this run has read them or made them. Safe between threads."""

    scope: Scope[AwsSettings]
    _roles: dict[str, bool] = field(default_factory=dict)
    _numbers: dict[str, str] = field(default_factory=dict)

    def learn(self, role: RoleFacts, *, wanted: bool = False) -> None:
        """A role was read. One under our path that is wanted or recorded stays ours under another's tags."""
        found = role_live(self.scope, role)
        ours = found.ownership is Ownership.OURS
        self._roles[role.name] = ours or (found.in_scope and (wanted or found.ownership is not Ownership.OTHER))
        self.identify(role)

    def identify(self, role: RoleFacts) -> None:
        """Which role has this name now."""
        self._numbers[role.name] = role.number

    def number(self, name: str) -> str:
        """RoleFacts.number as last read: of what hangs on a role, too, it tells another one of the same name."""
        return self._numbers.get(name, "")

    def check_role(self, client: AwsClient, name: str) -> None:
        """Raises Rejected unless the role is ours to write to, or isn't there."""
        if name not in self._roles:
            try:
                found = client.read("get_role", RoleName=name)["Role"]
            except NoSuchEntity:
                return
            self.learn(role_facts(found, found))
        if not self._roles[name]:
            raise Rejected(f"role {name} is outside of {self.scope.system}'s scope", help=_HELP)

    def check_new_role(self, desired: Resource) -> None:
        """Raises Rejected unless the role would lie in the scope, as the specs' roles do."""
        settings, wanted, name = self.scope.settings, desired.attributes, desired.address.key
        if wanted.get("path") != settings.role_path or not name.startswith(settings.role_prefix):
            raise Rejected(f"{desired.address} would be outside of {self.scope.system}'s scope", help=_NOT_MADE)
        self.check_kept_role(desired)

    def check_kept_role(self, desired: Resource) -> None:
        """Raises Rejected unless the role would still be known as ours, wherever it lies."""
        wanted, name = desired.attributes, desired.address.key
        if wanted.get("name") != name:
            raise Rejected(f"{desired.address}: its name is another", help=_HELP)
        self._check_marked(desired)

    def made_role(self, desired: Resource) -> None:
        """A role of ours was made."""
        self._roles[desired.address.key] = True

    def check_new_provider(self, desired: Resource) -> None:
        """Raises Rejected unless the provider would be known as ours: it has no path, only its marker."""
        if provider_key(str(desired.attributes.get("url"))) != desired.address.key:
            raise Rejected(f"{desired.address}: its URL is another", help=_HELP)
        self._check_marked(desired)

    def check_before(self, before: Live) -> None:
        """Raises Rejected for what was found to be somebody else's."""
        if before.is_anothers(recorded=True):
            raise Rejected(f"{before.resource.address} isn't ours: {before.note or before.ownership}", help=_HELP)

    def _check_marked(self, desired: Resource) -> None:
        tags = desired.attributes.get("tags")
        found: Mapping[str, Value] = tags if isinstance(tags, Mapping) else {}
        if any(found.get(key) != value for key, value in marker_fields(self.scope).items()):
            raise Rejected(f"{desired.address} would not carry this system's marker", help=_HELP)
