"""Guardrails' ``never``: requests that no agent may reach. What can't be excluded counts as reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.compile.blocks import AccessBlocks
from reconciler.compile.systems import SystemBinding
from reconciler.provider import Implied
from specs import Catalog, Located, decode, grants
from specs.diagnostic import Diagnostic, error
from specs.source import SourceSpan


@dataclass(frozen=True, slots=True)
class _Never:
    guardrail: str
    system: str
    block: Located[Any]


@dataclass(frozen=True, slots=True)
class Nevers:
    """The guardrails' ``never`` of one environment, decoded."""

    items: tuple[_Never, ...]
    diagnostics: tuple[Diagnostic, ...]

    def declared(
        self, catalog: Catalog, systems: Mapping[str, SystemBinding], blocks: AccessBlocks
    ) -> Iterator[Diagnostic]:
        """One error for each access block, of an intent that somebody holds, that a ``never`` overlaps."""
        held = {grant.intent for grant in grants(catalog)} if self.items else frozenset[str]()
        for (intent, system), access in blocks.items():
            if intent in held:
                for block in access:
                    subject = f"intents.{intent}.spec.access[{block.path[-1]}]"
                    for never, witness in self._overlaps(systems[system], block.value):
                        yield _forbidden(never, witness, subject, block.span())

    def implied(self, binding: SystemBinding, implied: Iterable[Implied]) -> Iterator[Diagnostic]:
        """The same for what lowering adds to what is declared: one error for each intent."""
        seen: set[tuple[str, str]] = set()
        for one in implied if self.items else ():
            for never, witness in self._overlaps(binding, one.access):
                intent = one.pair.intent
                if (intent.name, never.guardrail) not in seen:
                    seen.add((intent.name, never.guardrail))
                    yield _forbidden(never, f"{witness} (for {one.why})", f"intents.{intent.name}", intent.span)

    def _overlaps(self, binding: SystemBinding, access: object) -> Iterator[tuple[_Never, str]]:
        for never in self.items:
            if never.system == binding.name:
                witness = binding.provider.overlap(access, never.block.value)
                if witness is not None:
                    yield never, witness


def _forbidden(never: _Never, witness: str, subject: str, span: SourceSpan | None) -> Diagnostic:
    return error(
        "W310",
        f"guardrail {never.guardrail} forbids this: {witness}",
        subject=subject,
        help=f"narrow the access, or change the guardrail at {never.block.span()}",
        span=span,
    )


def decode_nevers(catalog: Catalog, systems: Mapping[str, SystemBinding]) -> Nevers:
    """All of them. A system that isn't bound was reported elsewhere."""
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
    return Nevers(tuple(nevers), tuple(diagnostics))
