"""Which risks of published lists a class of finding gives evidence for. Nothing here says that anything complies.

Sources: OWASP Non-Human Identities Top 10 2025; OWASP Top 10 for Agentic Applications 2026.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from reconciler.model.standing import Class

TITLES: Mapping[str, str] = {
    "NHI1:2025": "Improper Offboarding",
    "NHI5:2025": "Overprivileged NHI",
    "NHI7:2025": "Long-Lived Secrets",
    "NHI9:2025": "NHI Reuse",
    "NHI10:2025": "Human Use of NHI",
    "ASI03": "Identity and Privilege Abuse",
}

EVIDENCE: Mapping[Class, tuple[str, ...]] = {
    Class.STALE: ("NHI1:2025",),
    Class.SHARED: ("NHI9:2025", "ASI03"),
    Class.STATIC: ("NHI7:2025", "ASI03"),
    Class.OVER_WIDE: ("NHI5:2025", "ASI03"),
    Class.NEVER_EXPIRES: ("NHI7:2025", "ASI03"),
    Class.HUMAN_USE: ("NHI10:2025",),
}


def evidence(classes: Iterable[Class]) -> tuple[str, ...]:
    """The ids that a finding of these classes gives evidence for, in the lists' order."""
    found = {name for one in classes for name in EVIDENCE[one]}
    return tuple(name for name in TITLES if name in found)
