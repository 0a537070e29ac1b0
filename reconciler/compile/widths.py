"""Guardrails' ``forbid``: forms of access that are too wide for any intent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from reconciler.compile.blocks import AccessBlocks
from reconciler.compile.places import alike
from reconciler.compile.systems import SystemBinding
from specs import Catalog, Guardrail, Located
from specs.check.guardrails import graded
from specs.diagnostic import Diagnostic, error
from specs.nodes import dotted
from specs.selection import is_exempt
from specs.suggest import hint


def check_widths(
    catalog: Catalog, systems: Mapping[str, SystemBinding], blocks: AccessBlocks, today: date
) -> Iterator[Diagnostic]:
    """One finding for each part of an access block that has a forbidden form, and each name that isn't known."""
    same = alike(systems)
    for guardrail in catalog.guardrails.values():
        for index, forbidden in enumerate(guardrail.value.spec.forbid):
            binding = systems.get(forbidden.system)
            if binding is None:
                continue  # reported elsewhere
            yield from _unknown(guardrail, index, binding)
            for (intent, system), access in blocks.items():
                exempt = is_exempt(guardrail.value, "forbid", "", (intent,), today)
                if system in same[forbidden.system] and not exempt:
                    for block in access:
                        yield from _wide(guardrail, index, binding, intent, block)


def _unknown(guardrail: Located[Guardrail], index: int, binding: SystemBinding) -> Iterator[Diagnostic]:
    known = binding.provider.widths
    for at, width in enumerate(guardrail.value.spec.forbid[index].widths):
        if width not in known:
            path = ("spec", "forbid", index, "widths", at)
            yield error(
                "W314",
                f"{binding.record.provider} knows no width {width}",
                subject=dotted(path, f"guardrails.{guardrail.value.metadata.name}"),
                help=hint(width, tuple(known), "known") or f"known: {', '.join(known) or 'none'}",
                span=guardrail.span(*path),
            )


def _wide(
    guardrail: Located[Guardrail], index: int, binding: SystemBinding, intent: str, block: Located[object]
) -> Iterator[Diagnostic]:
    forbidden = guardrail.value.spec.forbid[index]
    for one in binding.provider.wide(block.value):
        if one.width in forbidden.widths:
            what = binding.provider.widths[one.width]
            found = error(
                "W313",
                f"guardrail {guardrail.value.metadata.name} forbids {what}: {one.text}",
                subject=dotted((*block.path, *one.path), f"intents.{intent}"),
                help=f"name what is needed, or change the guardrail at {guardrail.span('spec', 'forbid', index)}",
                span=block.span(*one.path),
            )
            yield graded(guardrail.value, found)
