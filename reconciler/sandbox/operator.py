"""The sandbox's operator: who `writ plan` and `writ apply` are there, and how they prove it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.provider import LocalWorld, LoginBackend, LoginTarget
from reconciler.sandbox.issuer import Issuer

SUBJECT = "operator"
"""``sub`` of the operator's tokens."""
# -P: a folder named reconciler in the working directory is not taken for ours.
_TOKEN_COMMAND = (sys.executable, "-P", "-m", "reconciler.sandbox.token")


@dataclass(frozen=True, slots=True)
class Operator:
    """Signs in by the sandbox's issuer, so that no file holds a password or a token."""

    issuer: Issuer
    control: Path
    """The control socket."""

    def token(self, audience: str) -> str:
        """A signed token of the operator."""
        return self.issuer.token(self.issuer.url, SUBJECT, audience)

    def token_command(self, audience: str) -> Sequence[str]:
        """A command line that prints such a token."""
        return (*_TOKEN_COMMAND, "--control", str(self.control), "--operator", "--audience", audience)

    def world(self, backends: Sequence[tuple[LoginTarget, LoginBackend]] = ()) -> LocalWorld:
        """What a server is told of the others."""
        return LocalWorld(
            operator_issuer=self.issuer.url,
            operator_subject=SUBJECT,
            jwks_url=self.issuer.jwks_url,
            operator_token=self.token,
            token_command=self.token_command,
            backends=tuple(backends),
        )
