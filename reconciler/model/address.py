"""The name of one object in one system."""

from __future__ import annotations

from typing import NamedTuple


class Address(NamedTuple):
    """System, resource type and the object's own key in that system.

    Keys are native (a role's name, a mount's path), so an object that nobody declared has an address too.
    Shown as ``payments.aws_iam_role["writ-support-bot_orders.read"]``.
    """

    system: str
    type: str
    key: str

    def __str__(self) -> str:
        return f"{self.system}.{self.type}[{self.quoted}]"

    @property
    def quoted(self) -> str:
        """The key as HCL writes a text: in double quotes, those in it escaped."""
        key = self.key.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{key}"'
