"""Two ACL policy files of Vault or OpenBao, each as the whole policy set of a token."""

from __future__ import annotations

import json
import re
from typing import ClassVar

from providers.vault.effective.compare import compare
from providers.vault.effective.parse import parse
from providers.vault.effective.values import Policy, PolicyError
from reconciler.access import Comparison
from reconciler.provider import PolicyFileError, PolicyFiles

_PATH = re.compile(r'^[ \t]*"?path"?[ \t]*(?:"|=|\{)', re.MULTILINE)


class VaultPolicyFiles(PolicyFiles):
    """HCL, or JSON with ``path``."""

    kind: ClassVar[str] = "Vault ACL policy"

    def recognises(self, text: str) -> bool:
        """A JSON object with paths, a block of HCL, or what holds nothing (comments): the server takes all but no text.

        Broken ones too, as far as they show what they would be.
        """
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return _PATH.search(text) is not None or _holds_nothing(text)
        return isinstance(found, dict) and (not found or "path" in found) and "Statement" not in found

    def compare(self, old: str, new: str) -> Comparison:
        """By the server's own algorithm."""
        return compare((_parsed("old", old),), (_parsed("new", new),))


def _holds_nothing(text: str) -> bool:
    try:
        return bool(text) and not parse("", text).rules
    except PolicyError:
        return False


def _parsed(which: str, text: str) -> Policy:
    try:
        return parse(which, text)
    except PolicyError as wrong:
        raise PolicyFileError(which, wrong.message, wrong.line, wrong.column) from None
