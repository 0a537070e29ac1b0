"""Access blocks decoded by the provider of the system that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.compile.systems import SystemBinding
from specs import Catalog, Located, decode
from specs.diagnostic import Diagnostic

AccessBlocks: TypeAlias = Mapping[tuple[str, str], tuple[Located[Any], ...]]
"""(intent, system) → its decoded blocks."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What could be decoded, and what couldn't."""

    blocks: AccessBlocks
    failed: frozenset[str]
    """Intents some of whose access is wrong: nothing is made of any of it."""
    diagnostics: tuple[Diagnostic, ...]


def decode_blocks(catalog: Catalog, systems: Mapping[str, SystemBinding]) -> Decoded:
    """Decode every intent's access. A system that isn't bound was reported elsewhere."""
    blocks: dict[tuple[str, str], tuple[Located[Any], ...]] = {}
    failed: set[str] = set()
    diagnostics: list[Diagnostic] = []
    for name, intent in catalog.intents.items():
        for index, access in enumerate(intent.value.spec.access):
            binding = systems.get(access.system)
            if binding is None:
                continue
            raw = Located(dict(access.block), intent.locator, ("spec", "access", index))
            decoded, found = decode(binding.provider.access_model, raw)
            diagnostics += found
            if decoded is None:
                failed.add(name)
            else:
                key = (name, access.system)
                blocks[key] = (*blocks.get(key, ()), Located(decoded, raw.locator, raw.path))
    return Decoded(blocks, frozenset(failed), tuple(diagnostics))
