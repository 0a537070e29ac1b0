"""Guardrails' ``never``: requests that no agent may reach. What can't be excluded counts as reached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.compile.blocks import AccessBlocks
from reconciler.compile.systems import SystemBinding
from specs import Catalog, Located, decode, grants
from specs.diagnostic import Diagnostic, error


@dataclass(frozen=True, slots=True)
class _Never:
    guardrail: str
    system: str
    block: Located[Any]


def check_never(catalog: Catalog, systems: Mapping[str, SystemBinding], blocks: AccessBlocks) -> tuple[Diagnostic, ...]:
    """One error for each access block, of an intent that somebody holds, that a ``never`` overlaps."""
    nevers, diagnostics = _decode(catalog, systems)
    held = {grant.intent for grant in grants(catalog)} if nevers else frozenset()
    found = [
        problem
        for (intent, system), access in blocks.items()
        if intent in held
        for block in access
        for problem in _overlaps(intent, block, systems[system], nevers)
    ]
    return (*diagnostics, *found)


def _decode(
    catalog: Catalog, systems: Mapping[str, SystemBinding]
) -> tuple[tuple[_Never, ...], tuple[Diagnostic, ...]]:
    nevers: list[_Never] = []
    diagnostics: list[Diagnostic] = []
    for name, guardrail in catalog.guardrails.items():
        for index, never in enumerate(guardrail.value.spec.never):
            binding = systems.get(never.system)
            if binding is None:
                continue
            raw = Located(dict(never.block), guardrail.locator, ("spec", "never", index))
            decoded, found = decode(binding.provider.never_model, raw)
            diagnostics += found
            if decoded is not None:
                nevers.append(_Never(name, never.system, Located(decoded, raw.locator, raw.path)))
    return tuple(nevers), tuple(diagnostics)


def _overlaps(
    intent: str, block: Located[Any], binding: SystemBinding, nevers: tuple[_Never, ...]
) -> Iterator[Diagnostic]:
    for never in nevers:
        if never.system != binding.name:
            continue
        witness = binding.provider.overlap(block.value, never.block.value)
        if witness is not None:
            yield error(
                "W310",
                f"guardrail {never.guardrail} forbids this: {witness}",
                subject=f"intents.{intent}.spec.access[{block.path[-1]}]",
                help=f"narrow the access, or change the guardrail at {never.block.span()}",
                span=block.span(),
            )
