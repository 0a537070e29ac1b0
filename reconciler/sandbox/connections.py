"""The operator's connections file for a sandbox: where each system is, and how to log in. Holds no secret."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model import Value

_HEADER = """\
# Written by `writ sandbox up`, removed by `writ sandbox down`. Holds no secret: logins are made when they are needed.
apiVersion: writ/v1
kind: Connections
"""
_PLAIN = re.compile(r"[a-z][a-z0-9_.-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})
"""Words that YAML 1.1 doesn't read as text."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Connection blocks by environment and system, and where issuers' keys are."""

    environments: Mapping[str, Mapping[str, Mapping[str, Value]]]
    issuers: Mapping[str, str]
    """Issuer → JWKS URL."""

    def to_yaml(self) -> str:
        """The file's text. Systems of the only environment stand for every environment."""
        spec: dict[str, Value] = {}
        if len(self.environments) == 1:
            spec["systems"] = next(iter(self.environments.values()))
        else:
            spec["environments"] = {name: {"systems": systems} for name, systems in self.environments.items()}
        spec["issuers"] = {name: {"jwks_url": url} for name, url in self.issuers.items()}
        return _HEADER + "\n".join(_lines({"spec": spec}, "")) + "\n"


def _lines(mapping: Mapping[str, Value], indent: str) -> Iterator[str]:
    """Block mappings; everything else in YAML's flow style, which is JSON (YAML 1.2, section 1.3)."""
    for key, value in mapping.items():
        if isinstance(value, Mapping) and value:
            yield f"{indent}{_key(key)}:"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{_key(key)}: {_flow(value)}"


def _key(key: str) -> str:
    plain = _PLAIN.fullmatch(key) is not None and key not in _WORDS
    return key if plain else json.dumps(key)


def _flow(value: Value) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(_flow(item) for item in value) + "]"
    return json.dumps(value)
