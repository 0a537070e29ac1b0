"""A second opinion on one request, written from the documentation alone ("Policies", "Policy syntax", "Parameter
constraints", "Required response wrapping TTLs") and sharing no code with the rest: slow, plain, and only for what is
certain. Raises NotPlain where a policy holds more than that.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Sequence

from providers.vault.effective.values import Policy, Request, Rule

_SUDO = """
auth/token/accessors* auth/token/create-orphan auth/token/revoke-orphan/* sys/audit sys/audit/* sys/auth/*
sys/config/auditing/* sys/config/cors sys/config/ui/headers/* sys/internal/inspect/* sys/leases sys/leases/lookup/*
sys/leases/revoke-force/* sys/leases/revoke-prefix/* sys/plugins/catalog/* sys/raw sys/raw/* sys/remount
sys/replication/primary/secondary-token sys/revoke-force/* sys/revoke-prefix/* sys/rotate sys/rotate/keyring
sys/rotate/root sys/seal sys/step-down
""".split()  # noqa: SIM905


class NotPlain(Exception):  # noqa: N818
    """A rule that matters here isn't plain."""


def permits(policies: Sequence[Policy], request: Request, *, slash_first: bool = True) -> bool:
    """Whether the request passes. ``slash_first``: LIST looks at the path as it is before the one without slash."""
    if "root" in [policy.name for policy in policies]:
        return True
    where = re.sub(r"^/+", "", request.path)
    lists = request.capability in ("list", "scan")
    candidates = [where]
    if lists and where.endswith("/"):
        candidates.append(where[:-1])
    plain: list[Rule] = []
    for policy in policies:
        for rule in policy.rules:
            if not (policy.expires or rule.expires or rule.templated):
                plain.append(rule)
            elif any(_might_be_about(rule, candidate) for candidate in candidates):
                raise NotPlain
    chosen = _choose([rule.path for rule in plain], candidates, slash_first)
    if chosen is None:
        return False
    return _passes([rule for rule in plain if rule.path == chosen], request, where)


def _might_be_about(rule: Rule, candidate: str) -> bool:
    if not rule.templated:
        return rule.path == candidate or re.fullmatch(_expression(rule.path), candidate, re.DOTALL) is not None
    fixed = re.split(r"\{\{|\}\}", rule.path)[0]
    if "+" in fixed.split("/")[-1]:
        fixed = fixed[: fixed.rindex("/") + 1] if "/" in fixed else ""
    return re.fullmatch(_expression(f"{fixed}*"), candidate, re.DOTALL) is not None


def _choose(paths: list[str], candidates: list[str], slash_first: bool) -> str | None:
    """The path string whose rules decide."""
    for candidate in candidates:
        if candidate in paths and not _is_pattern(candidate):
            return candidate
    for candidate in candidates if slash_first else list(reversed(candidates)):
        best: str | None = None
        for path in paths:
            if _is_pattern(path) and re.fullmatch(_expression(path), candidate, re.DOTALL):
                best = path if best is None or _lower(best, path) else best
        if best is not None:
            return best
    return None


def _is_pattern(path: str) -> bool:
    return path.endswith("*") or any(segment.startswith("+") for segment in path.split("/")[1:]) or _leads(path)


def _leads(path: str) -> bool:
    return path == "+" or path[:2] == "+/"


def _expression(path: str) -> str:
    body, tail = (path[:-1], ".*") if path[-1:] == "*" else (path, "")
    return "/".join("[^/]*" if segment == "+" else re.escape(segment) for segment in body.split("/")) + tail


def _lower(one: str, two: str) -> bool:
    """Whether ``one`` has the lower priority. The documentation's five rules in turn, for P1 = one and P2 = two."""
    first = [_first_wildcard(path) for path in (one, two)]
    if first[0] != first[1]:
        return first[0] < first[1]
    if one.endswith("*") != two.endswith("*"):
        return one.endswith("*")
    wild = [len([s for s in path.split("/") if s == "+"]) for path in (one, two)]
    if wild[0] != wild[1]:
        return wild[0] > wild[1]
    texts = [path[:-1].encode() if path.endswith("*") else path.encode() for path in (one, two)]
    if len(texts[0]) != len(texts[1]):
        return len(texts[0]) < len(texts[1])
    return texts[0] < texts[1]


def _first_wildcard(path: str) -> int:
    raw = path.encode()
    if any(segment.startswith("+") for segment in path.split("/")[1:]) or _leads(path):
        return raw.index(b"+")
    return len(raw) - 1


def _passes(rules: list[Rule], request: Request, where: str) -> bool:
    words = {word for rule in rules for word in rule.capabilities}
    if "deny" in words or request.capability not in words:
        return False
    if any(fnmatch.fnmatchcase(where, protected) for protected in _SUDO) and "sudo" not in words:
        return False
    if any(rule.conditions or rule.opaque or rule.control_group for rule in rules):
        raise NotPlain
    shortest = [rule.min_wrapping_ttl for rule in rules if rule.min_wrapping_ttl]
    longest = [rule.max_wrapping_ttl for rule in rules if rule.max_wrapping_ttl]
    if shortest or longest:
        ttl = request.wrap_ttl
        if ttl is None or (shortest and ttl < min(shortest)) or (longest and ttl > min(longest)):
            return False
    return request.capability not in ("create", "read", "update", "patch") or _data(rules, request)


def _data(rules: list[Rule], request: Request) -> bool:
    sent = dict(request.parameters)
    if any(name not in sent for rule in rules for name in rule.required):
        return False
    refused = _collect(rule.denied for rule in rules)
    if sent and "*" in refused:
        return False
    if any(name.lower() in refused and _says(refused[name.lower()], value) for name, value in sent.items()):
        return False
    accepted = _collect(rule.allowed for rule in rules)
    if not accepted or list(accepted) == ["*"]:
        return True
    others = "*" in accepted
    return all(
        _says(accepted[name.lower()], value) if name.lower() in accepted else others for name, value in sent.items()
    )


def _collect(parts: Iterable[tuple[tuple[str, tuple[str | bool, ...]], ...]]) -> dict[str, list[tuple[object, ...]]]:
    found: dict[str, list[tuple[object, ...]]] = {}
    for part in parts:
        for name, values in part:
            found.setdefault(name, []).append(values)
    return found


def _says(lists: list[tuple[object, ...]], value: object) -> bool:
    if () in lists:
        return True
    return any(_same(one, value) for values in lists for one in values)


def _same(written: object, sent: object) -> bool:
    if isinstance(written, bool) or isinstance(sent, bool):
        return type(written) is type(sent) and written == sent
    if not isinstance(written, str) or not isinstance(sent, str):
        return False
    if len(written.encode()) < 2:
        return written == sent
    start, end = ".*" * written.startswith("*"), ".*" * written.endswith("*")
    core = written[len(start) // 2 : len(written) - len(end) // 2]
    return re.fullmatch(start + re.escape(core) + end, sent, re.DOTALL) is not None
