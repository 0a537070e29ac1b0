"""Users and their access keys: how old, when last used, and whether a person works with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from providers.aws.standing.access import Policies, reach
from providers.aws.standing.gaps import Gaps
from reconciler.model import Holds, Standing, Value, Whose

if TYPE_CHECKING:
    from providers.aws.client import AwsClient

USER = "aws_iam_user"
ACCESS_KEY = "aws_iam_access_key"
_KEYS, _USE = "access keys of users", "when access keys were last used"
_CONSOLE, _DEVICES = "whether users have a console password", "MFA devices of users"
_PASSWORD_USE = "when console passwords were last used"  # noqa: S105 - for people


@dataclass(frozen=True, slots=True)
class _Key:
    name: str
    """Its last characters: the whole is half of a credential, and no output of ours shows it."""
    active: bool
    created: datetime | None
    last_used: datetime | None
    use_is_known: bool


@dataclass(frozen=True, slots=True)
class Users:
    """Reads users of one account, each with up to seven calls."""

    client: AwsClient
    gaps: Gaps
    policies: Policies

    def one(self, detail: Mapping[str, Any]) -> list[Standing]:
        """The user and its keys."""
        name = detail["UserName"]
        keys = [self._key(found) for found in self._listed(name)]
        console = self.gaps.read(_CONSOLE, lambda: self._profile(name), None)
        devices = self.gaps.all(_DEVICES, self.client.pages("list_mfa_devices", "MFADevices", UserName=name))
        login = self.gaps.read(_PASSWORD_USE, lambda: self._password_use(name), None) if console else None
        whose = Whose.OPERATOR if self.client.arn == detail["Arn"] else Whose.STANDING
        user = self._user(detail, keys, console, len(devices), login, whose)
        return [user, *(self._standing(detail, key, whose, user.access) for key in keys)]

    def _listed(self, user: str) -> list[dict[str, Any]]:
        return self.gaps.all(_KEYS, self.client.pages("list_access_keys", "AccessKeyMetadata", UserName=user))

    def _key(self, found: Mapping[str, Any]) -> _Key:
        key = found["AccessKeyId"]
        used = self.gaps.read(
            _USE, lambda: self.client.read("get_access_key_last_used", AccessKeyId=key)["AccessKeyLastUsed"], None
        )
        last = used.get("LastUsedDate") if used else None
        return _Key(f"…{key[-4:]}", found["Status"] == "Active", found.get("CreateDate"), last, used is not None)

    def _profile(self, user: str) -> datetime | None:
        """When its console password was made; None without one."""
        found: datetime | None = self.client.read("get_login_profile", UserName=user)["LoginProfile"].get("CreateDate")
        return found

    def _password_use(self, user: str) -> datetime | None:
        found: datetime | None = self.client.read("get_user", UserName=user)["User"].get("PasswordLastUsed")
        return found

    def _user(
        self,
        detail: Mapping[str, Any],
        keys: list[_Key],
        console: datetime | None,
        devices: int,
        login: datetime | None,
        whose: Whose,
    ) -> Standing:
        principal = self.policies.of(detail, "UserPolicyList") if "UserPolicyList" in detail else None
        active = [key for key in keys if key.active]
        uses = [moment for moment in (login, *(key.last_used for key in keys)) if moment is not None]
        facts: dict[str, Value] = {"active_keys": len(active), "console_password": console is not None}
        facts |= {"mfa_devices": devices, "groups": sorted(detail.get("GroupList", ()))}
        return Standing(
            self.client.scope.address(USER, detail["UserName"]),
            "IAM user",
            detail["Arn"],
            whose=whose,
            created=detail.get("CreateDate"),
            last_used=max(uses, default=None),
            use_is_known=bool(keys or console) and all(key.use_is_known for key in keys),
            widths=() if principal is None else reach(principal),
            users=tuple(f"whoever has key {key.name}" for key in active),
            people=tuple(_people(active, console, devices)),
            facts=facts,
            principals=(detail["UserName"],),
            access=principal,
        )

    def _standing(self, detail: Mapping[str, Any], key: _Key, whose: Whose, access: object) -> Standing:
        return Standing(
            self.client.scope.address(ACCESS_KEY, f"{detail['UserName']}/{key.name}"),
            "access key",
            principals=(detail["UserName"],),
            whose=whose,
            holds=Holds.CREDENTIAL,
            enabled=key.active,
            created=key.created,
            last_used=key.last_used,
            use_is_known=key.use_is_known,
            endless=True,
            facts={"status": "Active" if key.active else "Inactive"},
            access=access,
        )


def _people(active: list[_Key], console: datetime | None, devices: int) -> Iterator[str]:
    """A user with a console password alone is a person's; with active keys beside it, a program's and a person's."""
    if active and console:
        yield "a console password beside active keys"
    if active and devices:
        yield "an MFA device beside active keys"
