"""What a running sandbox answers on its control socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reconciler.sandbox.blueprint import Blueprint
from reconciler.sandbox.ending import Ending
from reconciler.sandbox.errors import SandboxError
from reconciler.sandbox.identities import claims_for
from reconciler.sandbox.operator import Operator


@dataclass(frozen=True, slots=True)
class Answers:
    """``token`` for the operator or an agent, ``down``."""

    read: Callable[[], Blueprint]
    """Reads the specs again, so that an agent added since gets its token."""
    operator: Operator
    ending: Ending
    """Set on ``down``."""

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reply. Raises SandboxError for a refusal."""
        match request.get("do"):
            case "token":
                return {"token": self._token(request)}
            case "down":
                self.ending.set()
                return {"ending": True}
            case other:
                raise SandboxError(f"the sandbox knows no request {other!r}")

    def _token(self, request: dict[str, Any]) -> str:
        if request.get("operator"):
            audience = request.get("audience")
            if not audience:
                raise SandboxError("an operator's token needs an audience", help="say --audience")
            return self.operator.token(audience)
        claims = claims_for(self.read(), request)
        return self.operator.issuer.token(claims.issuer, claims.subject, claims.audience)
