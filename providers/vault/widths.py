"""Forms of Vault access that a guardrail can forbid altogether."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from providers.vault.access import VaultAccess
from reconciler.provider import Wide

WIDTHS: Mapping[str, str] = {
    "wildcard-path": "paths with wildcards",
    "whole-mount": "a mount's whole content",
    "listing": "the capability list",
}
_KV = frozenset({"data", "metadata"})


def wide(access: VaultAccess) -> Iterator[Wide]:
    """Each path that has one of the forms."""
    for index, rule in enumerate(access.paths):
        path = ("paths", index, "path")
        segments = rule.path.split("/")
        if rule.path.endswith("*") or "+" in segments:
            yield Wide("wildcard-path", path, rule.path)
        named = segments[2:] if len(segments) > 2 and segments[1] in _KV else segments[1:]
        if (named and set(named) <= {"*", "+"}) or (rule.path.endswith("*") and (not named or _above(segments))):
            yield Wide("whole-mount", path, rule.path)
        if "list" in rule.capabilities:
            at = ("paths", index, "capabilities", rule.capabilities.index("list"))
            yield Wide("listing", at, f"list {rule.path}")


def _above(segments: Sequence[str]) -> bool:
    """Whether a path that ends in ``*`` begins above all keys of a KV mount of version 2: ``kv/d*``, ``kv/data*``."""
    prefix = "/".join(segments[1:])[:-1]
    return any(f"{kind}/".startswith(prefix) for kind in _KV)
