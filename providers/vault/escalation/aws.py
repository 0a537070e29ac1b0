"""V3: an aws secrets engine whose roles a login writes itself, and by what other systems come to the server."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from providers.vault.escalation.token import Grounds, May, Token
from reconciler.model import Kind, Meeting, Spot, Step
from reconciler.provider import by_stored_secrets

_DEFAULT = "aws"
"""Where the engine is mounted if nobody says where."""
_NEW = "writ-new"
_NAMED = re.compile(r"(?P<mount>[^*+{]+)/(?:roles|creds|sts)/")
_ROLE = {"credential_type": "iam_user", "policy_document": "any"}
_TELLS_AWS = "sts"
"""Only this engine has it; others have roles and creds, too."""


def engine_steps(token: Token, grounds: Grounds, databases: Collection[str]) -> Iterator[Step]:
    """Of one login. ``databases``: mounts that are known to be something else."""
    for mount in sorted(_mounts(token) - set(databases)):
        mounted = token.may("create", f"sys/mounts/{mount}", {"type": "aws"}) if mount == _NEW else None
        if mount == _NEW and mounted is None:
            continue
        found = _obtained(token, mount)
        if found is not None:
            how = f"{mounted.request}, then {found.request}" if mounted else found.request
            note = "if the server has an identity in AWS" if mounted else f"if {mount} is an aws engine"
            yield grounds.step(token, found, Spot.meeting(Meeting.ENGINE), "V3", how=how, sure=False, note=note)


def _mounts(token: Token) -> set[str]:
    """Which may be such an engine, by what its rules name."""
    found = {one["mount"] for path in token.paths if (one := _NAMED.match(path)) is not None}
    found = {mount for mount in found if not mount.startswith(("auth/", "sys/", "identity/"))}
    if token.concerns((f"{_DEFAULT}/roles/",)):
        found.add(_DEFAULT)
    if token.concerns((f"sys/mounts/{_NEW}",)):
        found.add(_NEW)
    return found


def _obtained(token: Token, mount: str) -> May | None:
    """A role that it writes and what it gets by it: of one name."""
    folder = f"{mount}/roles/"
    for name in token.names_in(folder):
        write = token.may("create", f"{folder}{name}", _ROLE) or token.may("update", f"{folder}{name}", _ROLE)
        if write is None:
            continue
        ways = [token.may(word, f"{mount}/{_TELLS_AWS}/{name}") for word in ("read", "update")]
        if mount == _NEW or "aws" in mount.lower():
            ways.append(token.may("read", f"{mount}/creds/{name}"))
        read = next((one for one in ways if one is not None), None)
        if read is not None:
            both = f"{write.request}, then {read.request}"
            return May(both, write.certain and read.certain, write.note or read.note, write.policies, write.asked)
    return None


def from_elsewhere(system: str) -> Iterator[Step]:
    """With what AWS holds: a token that is stored there, or the key that unseals the server."""
    yield by_stored_secrets(system)
    note = f"if {system} is unsealed by that key (awskms), and its storage is there"
    administrator = Spot(Kind.ADMINISTRATOR, system)
    how = "decrypt the root key in its storage"
    yield Step((Spot.meeting(Meeting.UNSEAL),), administrator, how, certain=False, note=note)
