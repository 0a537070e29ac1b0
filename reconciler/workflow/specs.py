"""From files to one environment's desired objects."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import BinaryIO

from reconciler.compile import Compiled, check_environments, compile_environment
from reconciler.connections import Connections
from specs import Environment, Located, SpecSet, escalate, read
from specs.check.references import no_environment
from specs.diagnostic import Diagnostic, error, has_errors
from specs.suggest import hint


@dataclass(frozen=True, slots=True)
class Request:
    """What the user names on the command line."""

    paths: tuple[str, ...]
    environment: str | None = None
    strict: bool = False
    stdin: BinaryIO | None = None


def read_specs(request: Request, today: date | None = None) -> SpecSet:
    """Load and check the specs; with ``strict``, what is past its date is an error."""
    found = read(request.paths, stdin=request.stdin, today=today or datetime.now(UTC).date())
    return replace(found, diagnostics=escalate(found.diagnostics)) if request.strict else found


def validate(request: Request) -> tuple[SpecSet, tuple[Compiled, ...], tuple[Diagnostic, ...]]:
    """Everything that can be said without a system: the specs, and every environment compiled.

    What could be read is compiled even where something else couldn't, so that all errors are told at once.
    """
    specs = read_specs(request)
    chosen, problems = _chosen(specs, request.environment)
    undecoded = specs.failed.documents
    compiled = tuple(compile_environment(specs.catalog, one, undecoded=undecoded) for one in chosen)
    shared = check_environments(specs.catalog, request.environment)
    found = (*problems, *shared, *(d for one in compiled for d in one.diagnostics))
    return specs, compiled, specs.with_findings(found)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The one environment that a command is about; ``compiled`` is None where none could be chosen."""

    specs: SpecSet
    compiled: Compiled | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def environment(self) -> str:
        """Its name; empty where none could be chosen."""
        return self.compiled.environment if self.compiled else ""

    @property
    def meant(self) -> str:
        """Its name, also where its specs have errors: the only one that is declared; empty where there isn't one."""
        declared = {*self.specs.catalog.environments, *self.specs.failed.names.get("Environment", ())}
        return self.environment or (next(iter(declared)) if len(declared) == 1 else "")


def prepare(request: Request, connections: Connections) -> Prepared:
    """Read, check and compile one environment. No I/O but the files'."""
    return prepared(read_specs(request), request.environment, connections)


def prepared(specs: SpecSet, name: str | None, connections: Connections) -> Prepared:
    """The same of specs that are read."""
    environment, problems = _the_environment(specs, name)
    if environment is None:
        return Prepared(specs, None, specs.with_findings(problems))
    keys = connections.issuer_keys(environment.value.metadata.name)
    compiled = compile_environment(specs.catalog, environment, keys, undecoded=specs.failed.documents)
    shared = check_environments(specs.catalog, environment.value.metadata.name)
    sound = not has_errors((*specs.diagnostics, *shared))
    return Prepared(specs, compiled if sound else None, specs.with_findings((*shared, *compiled.diagnostics)))


def _chosen(specs: SpecSet, name: str | None) -> tuple[tuple[Located[Environment], ...], tuple[Diagnostic, ...]]:
    if name is None:
        return tuple(specs.catalog.environments.values()), ()
    environment, problems = _the_environment(specs, name)
    return (() if environment is None else (environment,)), problems


def _the_environment(specs: SpecSet, name: str | None) -> tuple[Located[Environment] | None, tuple[Diagnostic, ...]]:
    environments = specs.catalog.environments
    known = ", ".join(sorted(environments))
    if not environments:
        return None, () if specs.failed.any("Environment") else (no_environment(),)
    if name is None:
        if len(environments) == 1:
            return next(iter(environments.values())), ()
        return None, (error("W221", f"there are several environments: {known}", help="pick one: --environment NAME"),)
    if name in environments:
        return environments[name], ()
    if specs.failed.may_declare("Environment", name):
        return None, ()
    advice = hint(name, tuple(environments), "declared")
    return None, (error("W222", f"environment {name!r} is not declared", help=advice or f"declared: {known}"),)
