"""Frozen values that the engine, the providers and the renderers share. No I/O here."""

from reconciler.model.address import Address
from reconciler.model.change import Action, AttributeChange, Cause, Change
from reconciler.model.drift import Drift, DriftItem, DriftKind
from reconciler.model.event import ApplyResult, Outcome, StepEvent
from reconciler.model.plan import Plan, SystemRecord
from reconciler.model.resource import PLACE, Desired, Live, Origin, Ownership, Resource, Snapshot, Value
from reconciler.model.state import Applied, State

__all__ = [
    "PLACE",
    "Action",
    "Address",
    "Applied",
    "ApplyResult",
    "AttributeChange",
    "Cause",
    "Change",
    "Desired",
    "Drift",
    "DriftItem",
    "DriftKind",
    "Live",
    "Origin",
    "Outcome",
    "Ownership",
    "Plan",
    "Resource",
    "Snapshot",
    "State",
    "StepEvent",
    "SystemRecord",
    "Value",
]
