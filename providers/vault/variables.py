"""The commands' own variables: ``VAULT_*``, and OpenBao's ``BAO_*``, which is the same setting under another name."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.provider import Rejected


def variable(name: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The variable that says it, and what it says; an empty text where none does.

    Raises Rejected where the two say different things: whichever was taken, a token could go to the other's server.
    """
    found = [(one, environ[one]) for one in (f"VAULT_{name}", f"BAO_{name}") if environ.get(one)]
    if len({value for _, value in found}) > 1:
        (one, _), (other, _) = found
        raise Rejected(f"{one} and {other} say different things", help="unset one of them")
    return found[0] if found else (f"VAULT_{name}", "")
