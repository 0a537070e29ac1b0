"""Every system made what its operator would find: databases, mounts, an operator's login."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.model import Value
from reconciler.provider import LoginBackend, LoginTarget
from reconciler.sandbox.blueprint import Blueprint, Setting
from reconciler.sandbox.fleet import Fleet
from reconciler.sandbox.operator import Operator

Blocks = Mapping[str, Mapping[str, Value]]
"""Connection blocks by system."""


def prepare(blueprint: Blueprint, fleet: Fleet, operator: Operator, seed: Path | None) -> dict[str, Blocks]:
    """Prepare all systems of all environments that have a server; returns their blocks. Raises LocalServerError."""
    return {setting.name: _prepare(setting, fleet, operator, seed) for setting in blueprint.settings}


def _prepare(setting: Setting, fleet: Fleet, operator: Operator, seed: Path | None) -> Blocks:
    blocks: dict[str, Mapping[str, Value]] = {}
    backends: list[tuple[LoginTarget, LoginBackend]] = []
    for system in setting.systems:
        if system.record.provider in fleet.missing:
            continue
        minted = [(target, backend) for target, backend in backends if target.system == system.name]
        prepared = fleet.server(system.record.provider).prepare(system.scope, operator.world(minted), seed)
        blocks[system.name] = prepared.connection
        if system.login_target is not None and prepared.backend is not None:
            backends.append((system.login_target, prepared.backend))
    return blocks
