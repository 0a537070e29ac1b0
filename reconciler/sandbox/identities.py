"""Which token a request to the sandbox is for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from reconciler.sandbox.blueprint import Blueprint, Identity, Setting
from reconciler.sandbox.errors import SandboxError


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a token speaks for, and to whom."""

    issuer: str
    subject: str
    audience: str


def claims_for(blueprint: Blueprint, request: Mapping[str, str]) -> Claims:
    """The claims for ``agent`` at ``audience`` or ``system``, in ``environment`` where several differ.

    Raises SandboxError with the choices when the request leaves one open.
    """
    agent = request.get("agent", "")
    settings = _environments(blueprint, request.get("environment", ""))
    known = {name for setting in settings for name in setting.identities}
    if agent not in known:
        raise SandboxError(f"no agent {agent!r} in the specs", help=_choices("agent", agent, known))
    found = {
        _claims(setting.identities[agent], request): setting.name for setting in settings if agent in setting.identities
    }
    if len(found) > 1:
        raise SandboxError(
            f"agent {agent!r} has different tokens in different environments",
            help="say --environment " + " or ".join(sorted(found.values())),
        )
    return next(iter(found))


def _environments(blueprint: Blueprint, name: str) -> tuple[Setting, ...]:
    if not name:
        return blueprint.settings
    names = {setting.name for setting in blueprint.settings}
    if name not in names:
        raise SandboxError(f"no environment {name!r} in the specs", help=_choices("environment", name, names))
    return tuple(setting for setting in blueprint.settings if setting.name == name)


def _claims(identity: Identity, request: Mapping[str, str]) -> Claims:
    return Claims(identity.issuer, identity.subject, request.get("audience") or _audience(identity, request))


def _audience(identity: Identity, request: Mapping[str, str]) -> str:
    system = request.get("system", "")
    if system:
        if system not in identity.audiences:
            raise SandboxError(
                f"issuer {identity.issuer} has no audience for system {system!r}",
                help=_choices("system", system, identity.audiences),
            )
        return identity.audiences[system]
    if len(set(identity.audiences.values())) != 1:
        raise SandboxError(
            f"issuer {identity.issuer} has several audiences", help="say --system " + " or ".join(identity.audiences)
        )
    return next(iter(identity.audiences.values()))


def _choices(what: str, given: str, known: Iterable[str]) -> str:
    names = sorted(known)
    close = get_close_matches(given, names, n=1)
    if close:
        return f"did you mean {close[0]}?"
    shown = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
    return f"the specs name no {what}" if not names else f"there is {shown}"
