"""Frozen values that the engine, the providers and the renderers share. No I/O here."""

from reconciler.model.access import AccessChange, AccessRow, Aspect, Comparison, Mover, Reach, Verdict, Witness, Worlds
from reconciler.model.address import Address
from reconciler.model.change import Action, AttributeChange, Cause, Change
from reconciler.model.drift import Drift, DriftItem, DriftKind
from reconciler.model.escalation import Escalation, Kind, Link, Meeting, Rule, Spot, Step
from reconciler.model.event import ApplyResult, Outcome, StepEvent
from reconciler.model.explanation import Answer, Chain, Deciding, Explained, Explanation, Reason
from reconciler.model.importing import Drafted, Importable, Lacking, Left, Said, Vouched
from reconciler.model.plan import Plan, SystemRecord
from reconciler.model.resource import PLACE, ByHand, Desired, Live, Origin, Ownership, Resource, Snapshot, Value
from reconciler.model.standing import (
    Class,
    Covering,
    Holds,
    Inventory,
    Item,
    Seen,
    Side,
    Standing,
    Thresholds,
    Unseen,
    Whose,
    Width,
)
from reconciler.model.state import Applied, Outcomes, State, Unfinished
from reconciler.model.ttl import Limit, Ttl

__all__ = [
    "PLACE",
    "AccessChange",
    "AccessRow",
    "Action",
    "Address",
    "Answer",
    "Applied",
    "ApplyResult",
    "Aspect",
    "AttributeChange",
    "ByHand",
    "Cause",
    "Chain",
    "Change",
    "Class",
    "Comparison",
    "Covering",
    "Deciding",
    "Desired",
    "Drafted",
    "Drift",
    "DriftItem",
    "DriftKind",
    "Escalation",
    "Explained",
    "Explanation",
    "Holds",
    "Importable",
    "Inventory",
    "Item",
    "Kind",
    "Lacking",
    "Left",
    "Limit",
    "Link",
    "Live",
    "Meeting",
    "Mover",
    "Origin",
    "Outcome",
    "Outcomes",
    "Ownership",
    "Plan",
    "Reach",
    "Reason",
    "Resource",
    "Rule",
    "Said",
    "Seen",
    "Side",
    "Snapshot",
    "Spot",
    "Standing",
    "State",
    "Step",
    "StepEvent",
    "SystemRecord",
    "Thresholds",
    "Ttl",
    "Unfinished",
    "Unseen",
    "Value",
    "Verdict",
    "Vouched",
    "Whose",
    "Width",
    "Witness",
    "Worlds",
]
