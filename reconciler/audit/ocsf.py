"""Entries as events of the Open Cybersecurity Schema Framework 1.3 (schema.ocsf.io); what doesn't fit is ``unmapped``.

A run's begin and end, and work by hand: Application Lifecycle (6002). A step: API Activity (6003). A change of access:
User Access Management (3005), ``user`` being the principal whose access changes. All else: Base Event (0).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from reconciler.audit.entry import Entry, Kind, as_data

_VERSION = "1.3.0"
_OTHER = 99
_STEPS: Mapping[str, tuple[int, str]] = {"create": (1, "Create"), "update": (3, "Update"), "delete": (4, "Delete")}
"""API Activity's activities by a step's phase."""
_BY_SOMEBODY = frozenset({Kind.RUN_BEGUN, Kind.RUN_REFUSED, Kind.STATE_EDITED, Kind.UNLOCKED, Kind.ACCEPTED})
"""These say who it was."""
_OF_A_HOST = frozenset({3005, 6002})
"""These have ``actor`` and ``device`` by the profile ``host`` only."""
_CLASSES: Mapping[int, tuple[str, int, str]] = {
    0: ("Base Event", 0, "Uncategorized"),
    3005: ("User Access Management", 3, "Identity & Access Management"),
    6002: ("Application Lifecycle", 6, "Application Activity"),
    6003: ("API Activity", 6, "Application Activity"),
}


def events(entries: Iterable[Entry]) -> Iterator[dict[str, Any]]:
    """An event to an entry, in their order. Who acted is that of the run's begin."""
    runs: dict[str, Mapping[str, Any]] = {}
    for entry in entries:
        if entry.kind in _BY_SOMEBODY:
            runs[entry.run] = entry.body
        yield _event(entry, runs.get(entry.run, {}))


def _event(entry: Entry, run: Mapping[str, Any]) -> dict[str, Any]:
    own, common = _own(entry), _common(entry, run)
    if own["class_uid"] in _OF_A_HOST:
        common["metadata"]["profiles"] = ["host"]
    return common | _whence(own["class_uid"], run) | own


def _own(entry: Entry) -> dict[str, Any]:
    try:
        return _mapped(entry)
    except (KeyError, TypeError, AttributeError):  # of another shape than ours: then it is all unmapped
        return _classed(0, _OTHER, "Other")


def _mapped(entry: Entry) -> dict[str, Any]:
    match entry.kind:
        case Kind.RUN_BEGUN:
            return _classed(6002, 3, "Start")
        case Kind.RUN_ENDED:
            return _classed(6002, 4, "Stop") | _status(entry.body.get("exit") == 0)
        case Kind.STEP_BEGUN | Kind.STEP_ENDED:
            return _step(entry.body)
        case Kind.ACCESS:
            return _access(entry.body)
        case Kind.RUN_REFUSED:
            return _classed(6002, 3, "Start") | _status(done=False)
        case Kind.STATE_EDITED | Kind.UNLOCKED | Kind.ACCEPTED | Kind.MENDED:
            return _classed(0 if entry.kind is Kind.MENDED else 6002, _OTHER, "Other")


def _common(entry: Entry, run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "time": _milliseconds(entry.time),
        "severity_id": 1,
        "severity": "Informational",
        "metadata": {
            "version": _VERSION,
            "product": _product(run),
            "uid": entry.hash,
            "sequence": entry.number,
            "correlation_uid": entry.run,
            "original_time": entry.time,
            "log_name": "writ-audit",
        },
        "unmapped": as_data(entry),
    }


def _product(run: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "Writ", "vendor_name": "Writ", "version": run.get("version", "")}


def _whence(uid: int, run: Mapping[str, Any]) -> dict[str, Any]:
    """Who acted and from where, by the attributes that the class has."""
    who = str(run.get("who", ""))
    user, _, host = who.rpartition("@") if "@" in who else (who, "", "")
    actor = {"actor": {"user": {"name": user}, "app_name": "Writ"}}
    endpoint = {"src_endpoint": {"svc_name": "writ"} | ({"hostname": host} if host else {})}
    device = {"device": {"hostname": host, "type_id": 0}} if host else {}
    match uid:
        case 6002:
            return actor | device | {"app": _product(run)}
        case 6003:
            return actor | endpoint
        case 3005:
            return actor | endpoint | device
    return {}


def _milliseconds(time: str) -> int:
    try:
        return int(datetime.fromisoformat(time).timestamp() * 1000)
    except (ValueError, OverflowError):
        return 0


def _step(body: Mapping[str, Any]) -> dict[str, Any]:
    number, name = _STEPS.get(str(body["phase"]), (_OTHER, "Other"))
    system = str(body["address"]).partition(".")[0]
    ended = "outcome" in body
    done = _status(body["outcome"] == "done") if ended else {"status_id": 0, "status": "Unknown"}
    failed = bool(ended and body["message"])
    return {
        **_classed(6003, number, name),
        **done,
        **({"status_code": body["code"], "status_detail": body["message"]} if failed else {}),
        **({"duration": body["milliseconds"]} if ended else {}),
        "api": {"operation": f"{body['phase']}.{'ended' if ended else 'begun'}", "service": {"name": system}},
        "resources": [{"name": body["address"]}],
    }


def _access(body: Mapping[str, Any]) -> dict[str, Any]:
    gained = [one["request"] for one in body["gains"]]
    lost = [one["request"] for one in body["loses"]]
    number, name = (1, "Assign Privileges") if gained else (2, "Revoke Privileges")
    if not (gained or lost) or (gained and lost):
        number, name = _OTHER, "Other"
    return {
        **_classed(3005, number, name),
        "privileges": [*gained, *lost],
        "user": {"name": body["subject"], "groups": [{"name": body["agent"]}] if body["agent"] else []},
        "resource": {"name": body["subject"]},
    }


def _status(done: bool) -> dict[str, Any]:
    return {"status_id": 1, "status": "Success"} if done else {"status_id": 2, "status": "Failure"}


def _classed(uid: int, activity: int, name: str) -> dict[str, Any]:
    class_name, category, category_name = _CLASSES[uid]
    return {
        "class_uid": uid,
        "class_name": class_name,
        "category_uid": category,
        "category_name": category_name,
        "activity_id": activity,
        "activity_name": name,
        "type_uid": uid * 100 + activity,
        "type_name": f"{class_name}: {name}",
    }
