"""Entries as OCSF events: the class and the activity by what was done; whatever doesn't fit is kept beside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.audit.entry import Entry, Kind, as_data
from reconciler.audit.ocsf import events
from reconciler.audit.record import CiRun, ci_run
from reconciler.render.audit import entry_lines

SCHEMA = json.loads(Path(__file__).with_name("ocsf_1_3.json").read_text())
STEP = {"address": 'vault.policy["a"]', "phase": "delete", "action": "delete", "attributes": [], "agent": "a"}
ENDED = STEP | {"outcome": "failed", "milliseconds": 12, "code": "W601", "message": "no", "intent": "b"}
ACCESS = {"subject": 'aws.role["a"]', "agent": "a", "intent": "b", "verdict": "widens", "gains": [], "loses": []}
GAIN, LOSS = {"gains": [{"request": "s3:GetObject *"}]}, {"loses": [{"request": "s3:PutObject *"}]}


def entry(kind: Kind, body: dict[str, Any], number: int = 1) -> Entry:
    return Entry(number, "2026-01-02T03:04:05.678+00:00", "test", "l", "r", kind, body, "p", "h")


@pytest.mark.parametrize(
    ("kind", "body", "uid", "activity", "status"),
    [
        (Kind.RUN_BEGUN, {"who": "jo@host"}, 6002, 3, None),
        (Kind.RUN_ENDED, {"exit": 0}, 6002, 4, 1),
        (Kind.RUN_ENDED, {"exit": 1}, 6002, 4, 2),
        (Kind.RUN_ENDED, {"broken_off": "x"}, 6002, 4, 2),
        (Kind.STEP_BEGUN, STEP, 6003, 4, 0),
        (Kind.STEP_ENDED, ENDED, 6003, 4, 2),
        (Kind.STEP_ENDED, ENDED | {"phase": "record", "outcome": "done", "message": None}, 6003, 99, 1),
        (Kind.ACCESS, ACCESS | GAIN, 3005, 1, None),
        (Kind.ACCESS, ACCESS | LOSS, 3005, 2, None),
        (Kind.ACCESS, ACCESS | GAIN | LOSS, 3005, 99, None),
        (Kind.STATE_EDITED, {"who": "jo@host"}, 6002, 99, None),
        (Kind.UNLOCKED, {"who": "jo@host"}, 6002, 99, None),
        (Kind.RUN_REFUSED, {"who": "jo@host"}, 6002, 3, 2),
        (Kind.MENDED, {"bytes": 1}, 0, 99, None),
        (Kind.STEP_ENDED, {"of": "another shape"}, 0, 99, None),
    ],
)
def test_each_kind_has_its_class(kind: Kind, body: dict[str, Any], uid: int, activity: int, status: int | None) -> None:
    one = entry(kind, body)
    (event,) = events([one])
    assert (event["class_uid"], event["activity_id"]) == (uid, activity)
    assert event["type_uid"] == uid * 100 + activity
    assert event["category_uid"] == uid // 1000
    assert event.get("status_id") == status
    assert event["time"] == 1767323045678
    assert event["unmapped"] == as_data(one)
    json.dumps(event)
    _fits(event)


def _fits(event: dict[str, Any]) -> None:
    """Against the schema's own attributes of the class, as release 1.3.0 of ocsf-schema has them."""
    known = SCHEMA[str(event["class_uid"])]
    of_host = known["of_host"] if "host" in event["metadata"].get("profiles", ()) else []
    assert set(known["required"]) <= event.keys() <= {*known["attributes"], *of_host}
    assert event["activity_id"] in known["activities"]


def test_who_is_on_no_host_has_none() -> None:
    for event in events([entry(Kind.RUN_BEGUN, {"who": "jo"}), entry(Kind.STEP_ENDED, ENDED, 2)]):
        _fits(event)
        assert event["actor"]["user"]["name"] == "jo"
        assert '"hostname"' not in json.dumps(event)


def test_who_acted_is_who_began_the_run() -> None:
    begun, step = events([entry(Kind.RUN_BEGUN, {"who": "jo@host", "version": "1"}), entry(Kind.STEP_ENDED, ENDED, 2)])
    for event in (begun, step):
        assert event["actor"]["user"]["name"] == "jo"
        assert event.get("src_endpoint", event.get("device"))["hostname"] == "host"
        assert event["metadata"]["product"]["version"] == "1"
    assert (step["status_code"], step["status_detail"], step["api"]["service"]["name"]) == ("W601", "no", "vault")


def test_what_was_written_in_another_shape_is_shown_as_that() -> None:
    for kind in Kind:
        told = [line.plain for line in entry_lines([entry(kind, {"of": "another shape"})])]
        assert told[-1].endswith(f"{kind.value}: not as this version writes it")


def test_a_ci_run_is_known_by_its_default_variables() -> None:
    gitlab = {"GITLAB_CI": "true", "CI_JOB_ID": "7", "CI_COMMIT_SHA": "c0ffee", "CI_PROJECT_PATH": "acme/iam"}
    assert ci_run(gitlab | {"CI_JOB_TOKEN": "x"}) == CiRun("gitlab", "7", "c0ffee", "acme/iam", "", "")
    github = {"GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "8", "GITHUB_REF": "r" * 999}
    assert ci_run(github) == CiRun("github", "8", "", "", "r" * 200, "")
    assert ci_run({"CI": "true"}) is None
