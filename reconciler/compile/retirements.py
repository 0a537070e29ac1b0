"""Retirements of one environment, bound to the providers that carry them out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reconciler.compile.systems import SystemBinding
from reconciler.model import Address
from reconciler.provider import Retirement, Retiring
from specs import Catalog, Located
from specs.diagnostic import Diagnostic, error
from specs.retirement import Retirement as Document


def bind_retirements(
    catalog: Catalog, systems: Mapping[str, SystemBinding]
) -> tuple[tuple[Retirement, ...], tuple[Diagnostic, ...]]:
    """By name. A system that isn't bound was reported elsewhere."""
    bound: list[Retirement] = []
    diagnostics: list[Diagnostic] = []
    for name, document in sorted(catalog.retirements.items()):
        binding = systems.get(document.value.spec.system)
        if binding is None:
            continue
        retiring = Retiring(document.value.spec.principal, document.value.spec.reassign_owned_to or "")
        found = list(_problems(name, document, binding, retiring))
        diagnostics += found
        if not found:
            bound.append(_bound(name, document, binding, retiring))
    return tuple(bound), tuple(diagnostics)


def _bound(name: str, document: Located[Document], binding: SystemBinding, retiring: Retiring) -> Retirement:
    spec = document.value.spec
    return Retirement(
        name,
        Address(binding.name, binding.provider.retires, retiring.principal),
        retiring,
        spec.replaced_by,
        spec.quarantine,
        spec.unused_for,
        document.span("spec", "principal"),
    )


def _problems(
    name: str, document: Located[Document], binding: SystemBinding, retiring: Retiring
) -> Iterator[Diagnostic]:
    subject = f"retirements.{name}.spec"
    if not binding.provider.retires:
        yield error(
            "W234",
            f"{retiring.principal} of {binding.name} can't be retired: {binding.record.provider} has no way to",
            subject=f"{subject}.system",
            help="retire it by hand, and take the Retirement out of the specs",
            span=document.span("spec", "system"),
        )
        return
    for found in binding.provider.unfit(binding.scope, retiring):
        yield error(
            "W235",
            found.message,
            subject=f"{subject}.{found.field}",
            help=found.help,
            span=document.span("spec", found.field),
        )
