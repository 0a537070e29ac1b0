"""Access blocks decoded by the provider of the system that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from reconciler.compile.systems import SystemBinding
from specs import Catalog, Located, decode
from specs.check.broken import systems_of
from specs.diagnostic import Diagnostic
from specs.nodes import RawDocument

AccessBlocks: TypeAlias = Mapping[tuple[str, str], tuple[Located[Any], ...]]
"""(intent, system) → its decoded blocks."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What could be decoded, and what couldn't."""

    blocks: AccessBlocks
    failed: frozenset[str]
    """Intents some of whose access is wrong: nothing is made of any of it."""
    diagnostics: tuple[Diagnostic, ...]


def decode_blocks(catalog: Catalog, systems: Mapping[str, SystemBinding], undecoded: Iterable[RawDocument]) -> Decoded:
    """Decode every intent's access. A system that isn't bound was reported elsewhere.

    ``undecoded``: documents with mistakes of their own, so that those in their access are told beside them.
    """
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
    for document in undecoded:
        diagnostics += _in_undecoded(document, systems)
    return Decoded(blocks, frozenset(failed), tuple(diagnostics))


def _in_undecoded(document: RawDocument, systems: Mapping[str, SystemBinding]) -> Iterator[Diagnostic]:
    for path, system in systems_of(document) if document.kind == "Intent" else ():
        binding, (*_, index, _) = systems.get(system), path
        if binding is not None:
            block = {key: value for key, value in document.data["spec"]["access"][index].items() if key != "system"}
            yield from decode(binding.provider.access_model, Located(block, document.locator, path[:-1]))[1]
