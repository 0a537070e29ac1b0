"""What the entries of a run say. Names of attributes, never their values; no message that isn't printed too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from reconciler.model import AccessRow, ApplyResult, Change, Outcome, Plan, State, StepEvent
from reconciler.state.codec import encode_access
from reconciler.state.lockinfo import LockInfo
from reconciler.state.planfile import encode_plan
from specs.diagnostic import Diagnostic

_LONGEST = 200
"""Characters of what a CI system, or a system, says: some of it is anybody's choice (a branch's name)."""
_MOST = 20
"""Reasons for which a run is refused."""


@dataclass(frozen=True, slots=True)
class CiRun:
    """A run of a CI system, by its own words."""

    system: str
    run: str
    commit: str
    repository: str
    ref: str
    actor: str


_CI: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "github": (
        "GITHUB_ACTIONS",
        ("GITHUB_RUN_ID", "GITHUB_SHA", "GITHUB_REPOSITORY", "GITHUB_REF", "GITHUB_ACTOR"),
    ),
    "gitlab": (
        "GITLAB_CI",
        ("CI_JOB_ID", "CI_COMMIT_SHA", "CI_PROJECT_PATH", "CI_COMMIT_REF_NAME", "GITLAB_USER_LOGIN"),
    ),
}
"""By CI system: the variable that tells it, and CiRun's of its default variables. None of them is a secret."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """How a run came about: who approved it, and within which CI run."""

    approval: str = "not said"
    """``asked at a terminal``, ``auto-approve`` or ``saved plan``."""
    signed_by: str = ""
    """The fingerprint of the key that signed the saved plan."""
    ci: CiRun | None = None


NOT_SAID = Circumstances()


def ci_run(environ: Mapping[str, str]) -> CiRun | None:
    """The CI run that this process is part of, if it is one."""
    for system, (mark, names) in _CI.items():
        if environ.get(mark):
            return CiRun(system, *(environ.get(name, "")[:_LONGEST] for name in names))
    return None


def plan_digest(plan: Plan) -> str:
    """SHA-256 of the plan as ``plan -out`` saves it: ``jq -j .plan FILE | sha256sum`` says the same."""
    return hashlib.sha256(
        json.dumps(encode_plan(plan), ensure_ascii=False).encode("utf-8", "surrogatepass")
    ).hexdigest()


def run_begun(plan: Plan, how: Circumstances, who: str, identities: Mapping[str, str], version: str) -> dict[str, Any]:
    """Before anything is done."""
    return {
        "operation": "destroy" if plan.destroy else "apply",
        "who": who,
        "ci": asdict(how.ci) if how.ci else None,
        "identities": {name: identity[:_LONGEST] for name, identity in identities.items()},
        "approval": how.approval,
        "signed_by": how.signed_by or None,
        "specs_digest": plan.specs_digest,
        "plan_digest": plan_digest(plan),
        "plan_created": plan.created.isoformat(),
        "targets": list(plan.targets),
        "serial": plan.serial,
        "version": version,
    }


def run_refused(
    how: Circumstances, who: str, operation: str, digests: tuple[str, str], why: Sequence[Diagnostic], version: str
) -> dict[str, Any]:
    """Nothing was done. ``digests``: of the specs and of the plan; ``why``: empty where it was not approved."""
    return {
        "operation": operation,
        "who": who,
        "ci": asdict(how.ci) if how.ci else None,
        "approval": how.approval if why else "refused",
        "signed_by": how.signed_by or None,
        "specs_digest": digests[0],
        "plan_digest": digests[1],
        "codes": sorted({one.code for one in why}),
        "messages": [one.message[:_LONGEST] for one in why[:_MOST]],
        "version": version,
    }


def access(row: AccessRow) -> dict[str, Any]:
    """What changes for one principal."""
    found = encode_access(row)
    return {
        "mover": found["mover"],
        "subject": str(row.change.subject),
        "aspect": found["aspect"],
        "agent": found["agent"],
        "intent": found["intent"],
        "verdict": found["verdict"],
        "gains": found["gains"],
        "loses": found["loses"],
        "notes": found["notes"],
    }


def step_begun(change: Change, phase: str) -> dict[str, Any]:
    """Before the call."""
    origin = change.origin
    return {
        "address": str(change.address),
        "phase": phase,
        "action": change.action.value,
        "attributes": sorted({item.name for item in change.attributes}),
        "agent": origin.agent if origin else "",
        "intent": origin.intent if origin else "",
    }


def step_ended(change: Change, event: StepEvent) -> dict[str, Any]:
    """What came of it."""
    told = event.diagnostic
    return {
        **step_begun(change, event.phase),
        "outcome": event.outcome.value,
        "milliseconds": round(event.seconds * 1000),
        "code": told.code if told else None,
        "message": told.message if told else None,
    }


def run_ended(result: ApplyResult) -> dict[str, Any]:
    """The whole run."""
    return {
        **{outcome.value: len(result.of(outcome)) for outcome in (Outcome.DONE, Outcome.FAILED, Outcome.SKIPPED)},
        "interrupted": result.interrupted,
        "codes": sorted({one.code for one in result.diagnostics}),
        "exit": 130 if result.interrupted else int(not result.ok),
    }


def state_edited(operation: str, who: str, ci: CiRun | None, old: State, new: State) -> dict[str, Any]:
    """What is recorded is about to be changed by hand."""
    both = old.objects.keys() & new.objects.keys()
    return {
        "operation": operation,
        "who": who,
        "ci": asdict(ci) if ci else None,
        "lineage": [old.lineage, new.lineage],
        "serial": [old.serial, new.serial],
        "added": sorted(map(str, new.objects.keys() - old.objects.keys())),
        "removed": sorted(
            {str(address) for address in old.objects.keys() - new.objects.keys()}
            | {str(old.retirements[name].address) for name in old.retirements.keys() - new.retirements.keys()}
        ),
        "changed": sorted(
            {str(address) for address in both if old.objects[address] != new.objects[address]}
            | {str(one.address) for one in new.retirements.values() if old.retirements.get(one.name) != one}
        ),
    }


def unlocked(who: str, ci: CiRun | None, holder: LockInfo) -> dict[str, Any]:
    """A run's lock was taken from it by hand."""
    return {
        "operation": "force-unlock",
        "who": who,
        "ci": asdict(ci) if ci else None,
        "run": holder.id,
        "holder": {"who": holder.who, "operation": holder.operation, "process": holder.pid, "since": holder.created},
    }


def accepted(who: str, ci: CiRun | None, known: tuple[int, str], found: tuple[int, str]) -> dict[str, Any]:
    """The record is taken as it stands. ``known`` to the state, and ``found``: number and hash of the last entry."""
    return {
        "operation": "audit accept",
        "who": who,
        "ci": asdict(ci) if ci else None,
        "known": {"number": known[0], "hash": known[1]},
        "found": {"number": found[0], "hash": found[1]},
    }


def run_broken_off(why: str) -> dict[str, Any]:
    """A run that ended in the middle: its steps without an end may have been done."""
    return {"broken_off": why}
