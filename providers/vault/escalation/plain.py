"""Policies in the form in which Writ writes them, read without a parser: nearly all are, in a plan of thousands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

_BLOCK = r'path "([^"\\{}\n/][^"\\{}\n]*)" \{\n  capabilities = \[((?:"[a-z]+"(?:, "[a-z]+")*)?)\]\n\}\n'
_WHOLE = re.compile(rf"(?:#[^\n]*\n)?(?:{_BLOCK})*")
_EACH = re.compile(_BLOCK)


@lru_cache(maxsize=32_768)
def plain(text: str) -> Mapping[str, frozenset[str]] | None:
    """Capabilities by path; None for a text in any other form, or with a path twice."""
    if not _WHOLE.fullmatch(text):
        return None
    blocks = _EACH.findall(text)
    found = {path: frozenset(words.replace('"', "").split(", ")) for path, words in blocks}
    return found if len(found) == len(blocks) else None


def may_read(policies: Sequence[tuple[str, str, str]], path: str) -> frozenset[str] | None:
    """Names of the policies that let a path be read, where each is plain and one of them names the path itself.

    Nothing hangs on any other rule then: an exact path decides before every pattern, and equal ones are united. None
    where this doesn't tell.
    """
    saying: dict[str, frozenset[str]] = {}
    for name, text, expires in policies:
        rules = plain(text)
        if rules is None or expires:
            return None
        if path in rules:
            saying[name] = rules[path]
    every = frozenset().union(*saying.values())
    return frozenset(saying) if "read" in every and "deny" not in every else None
