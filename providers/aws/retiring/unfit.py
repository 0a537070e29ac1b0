"""Principals that can't be retired, by the specs alone."""

from __future__ import annotations

import re
from collections.abc import Iterator

from reconciler.provider import Retiring, Unfit

_USER = re.compile(r"[A-Za-z0-9+=,.@_-]{1,64}")
_HELP = "name an IAM user, by its name alone"


def unfit(retiring: Retiring) -> Iterator[Unfit]:
    """Names that no user has; and AWS gives nobody what a user owns: it owns nothing."""
    if not _USER.fullmatch(retiring.principal):
        yield Unfit("principal", f"{retiring.principal} is no name of an IAM user", _HELP)
    if retiring.heir:
        message = "an IAM user owns nothing that could be given away"
        yield Unfit("reassign_owned_to", message, "leave it out")
