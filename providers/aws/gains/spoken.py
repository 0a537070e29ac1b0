"""Of which services a policy's Allows may be: quick, before anything is composed."""

from __future__ import annotations

from functools import lru_cache

from providers.aws.effective.document import DocumentError
from providers.aws.effective.world import parsed

ANY_SERVICE = "*"


@lru_cache(maxsize=32_768)
def spoken(text: str) -> frozenset[str]:
    """In lower case; ``ANY_SERVICE`` among them where that isn't known, or a pattern is about several."""
    try:
        statements = [one for one in parsed(text).statements if one.allows] if text else []
    except DocumentError:
        return frozenset({ANY_SERVICE})
    if not text or any(one.actions.negated for one in statements):
        return frozenset({ANY_SERVICE})
    found = {action.partition(":")[0].lower() for one in statements for action in one.actions.values}
    return frozenset(ANY_SERVICE if set("*?") & set(service) else service for service in found)
