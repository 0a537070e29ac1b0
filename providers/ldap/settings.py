"""What an Environment says of a directory: where groups and agents' accounts are, and which of them are Writ's."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, model_validator

from providers.ldap.dn import below, escaped, folded, is_under, parse
from providers.ldap.fields import Dn, GroupPattern
from providers.ldap.keys import is_dn
from providers.ldap.names import GROUP_OF_NAMES
from specs.base import SpecModel, spec_error, spelled

_PREFIX = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_PRIVILEGED = ("*admin*", "*root*", "wheel", "sudo*")
_NAMING = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,31}")


def _prefix(text: str) -> str:
    if not _PREFIX.fullmatch(text):
        raise spec_error("W440", f"{text!r} can't be a group prefix", "a-z 0-9 _ . - , up to 32, such as writ-")
    return text.lower()


def _naming(text: str) -> str:
    if not _NAMING.fullmatch(text):
        raise spec_error("W440", f"{text!r} is no attribute", "the one that accounts are named by: uid or cn")
    return text.lower()


class LdapSettings(SpecModel):
    """The scope in one directory: groups with the prefix, and whatever group an account of the agents is in."""

    base: Dn
    """Groups are here and below."""
    accounts: Dn
    """The agents' accounts, and nobody else's: their memberships are Writ's alone. ``uid=<agent>`` directly below."""
    account_attribute: Annotated[str, AfterValidator(_naming), spelled(_NAMING.pattern)] = "uid"
    """What an account is named by. Its value is the agent's name."""
    group_prefix: Annotated[str, AfterValidator(_prefix), spelled(_PREFIX.pattern, 32)] = "writ-"
    """Groups directly below the base whose ``cn`` starts with it are Writ's: it makes them, and every member counts."""
    group_class: Literal["groupOfNames", "groupOfUniqueNames"] = GROUP_OF_NAMES  # type: ignore[assignment]
    """Of the groups that it makes."""
    placeholder: Dn = "cn=writ-placeholder"
    """The member of a group that has none, where the class demands one. Not counted while no entry has this DN."""
    privileged: tuple[GroupPattern, ...] = _PRIVILEGED
    """Groups, by name or DN, of which an inventory tells who is in them; ``*`` stands for anything."""
    password_policy: Dn | None = None
    """The server's default password policy (ppolicy_default), which stands in its own configuration alone: for an
    inventory."""

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.accounts == self.base or is_under(self.base, self.accounts):
            raise spec_error(
                "W440", "the groups lie among the accounts", "give the agents' accounts a place of their own"
            )
        return self

    def account(self, agent: str) -> str:
        """The DN of an agent's account."""
        return below(self.account_attribute, agent, self.accounts)

    def group(self, name: str) -> str:
        """The DN of a group, by its name or its DN in normal form."""
        return name if "=" in name else below("cn", name, self.base)

    def is_ours(self, group: str) -> bool:
        """Whether a group, by its DN in normal form, is one of Writ's by its place and name."""
        if not is_dn(group) or not is_under(group, self.base):
            return False
        first, *above = parse(group)
        child = tuple(above) == parse(self.base) and len(first) == 1
        return child and first[0][0] == "cn" and first[0][1].startswith(self.group_prefix)

    def in_scope(self, member: str, group: str) -> bool:
        """Whether a membership is Writ's to keep or to remove. ``member`` may be a group; both in normal form."""
        return self.is_ours(group) or self.is_agents(member) or self.is_ours(member)

    def is_agents(self, dn: str) -> bool:
        """Whether a DN is that of an account of the agents."""
        return is_dn(dn) and is_under(dn, self.accounts)

    @property
    def claimed(self) -> tuple[tuple[str, str], ...]:
        """Settings and what they make Writ's alone, from the root down, so that what lies within starts with it."""
        groups = f"{_downward(self.base)}cn={escaped(folded(self.group_prefix))}"
        return (("group_prefix", groups), ("accounts", _downward(self.accounts)))


def _downward(dn: str) -> str:
    return "".join(f"{'+'.join(f'{kind}={escaped(value)}' for kind, value in rdn)}," for rdn in reversed(parse(dn)))
