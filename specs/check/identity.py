"""No two agents prove the same identity: a shared one hides who used a privilege."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from specs.check.context import Context, complain
from specs.diagnostic import Diagnostic

_PORTS = {"https": ":443", "http": ":80"}


def check_identities(context: Context) -> Iterator[Diagnostic]:
    """Agents with one subject at one issuer; issuers are one by name, or by URL in any environment."""
    reported: set[tuple[str, str]] = set()
    environments = context.catalog.environments.values()
    maps = [{name: _normal(issuer.issuer) for name, issuer in one.value.spec.issuers.items()} for one in environments]
    for urls in maps or [{}]:
        yield from _overlaps(context, urls, reported)


def _overlaps(context: Context, urls: Mapping[str, str], reported: set[tuple[str, str]]) -> Iterator[Diagnostic]:
    first: dict[tuple[str, str], str] = {}
    for name, agent in context.catalog.agents.items():
        identity = agent.value.spec.identity
        other = first.setdefault((urls.get(identity.issuer, identity.issuer), identity.subject), name)
        if other == name or (other, name) in reported:
            continue
        reported.add((other, name))
        theirs = context.catalog.agents[other]
        path = ("spec", "identity", "spiffe" if identity.spiffe else "subject")
        same = "" if theirs.value.spec.identity.issuer == identity.issuer else " (their issuers have one URL)"
        message = f"{name} and {other} have the same identity{same}"
        advice = f"give each its own subject; {other}'s is at {theirs.span('spec', 'identity')}"
        yield complain("W304", message, f"agents.{name}", agent, path, advice)


def _normal(url: str) -> str:
    """URLs that systems may take for one: scheme and host in any case, the port by default, a slash at the end."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    host = parts.netloc.lower().removesuffix(_PORTS.get(scheme, ""))
    return f"{scheme}://{host}{parts.path.rstrip('/')}"
