"""What only a state in S3 has: conditions, answers that are lost, a lock beside the record."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from providers.aws.client import raw_client
from reconciler.model import Address, Outcomes, State
from reconciler.state.bucket import Bucket, Conflict, _Lost
from reconciler.state.document import decode_state, encode_state
from reconciler.state.errors import LockLost, StateError
from reconciler.state.lock import locked
from reconciler.state.lockinfo import made
from reconciler.state.opening import open_store
from reconciler.state.s3 import S3Store
from tests.state.conftest import BUCKET
from tests.state.test_store import ADDRESS, APPLIED, SYSTEM

_PUT = Bucket._put
STEPS = [(ADDRESS, "create")]


@pytest.fixture
def client(bucket: str) -> Any:
    return raw_client("s3", bucket, "us-east-1")


def test_objects_are_where_the_url_says_and_the_lock_beside_them(stored: str, client: Any) -> None:
    with open_store(stored) as store, locked(store, "production", "apply", timeout=0, notice=pytest.fail) as mine:
        store.put_all("production", (SYSTEM,), [APPLIED], "me", lock=mine.id)
        assert store.environments() == {"production": 1}
        listed = client.list_objects_v2(Bucket=BUCKET, Prefix=stored.split("/", 3)[3])["Contents"]
        assert [one["Key"].rpartition("/")[2] for one in listed] == ["production.json", "production.lock"]


def losing(monkeypatch: pytest.MonkeyPatch, bucket: Bucket, *, done: bool, times: int) -> None:
    """The answers to the next writes are lost, after what they ask for was done or before."""
    put, left = bucket._put, [times]

    def lose(key: str, body: bytes, condition: dict[str, str]) -> str:
        if left[0] == 0:
            return put(key, body, condition)
        left[0] -= 1
        if done:
            put(key, body, condition)
        raise _Lost("ReadTimeoutError")

    monkeypatch.setattr(bucket, "_put", lose)
    monkeypatch.setattr("reconciler.state.bucket._PAUSE", 0.01)


@pytest.mark.parametrize("done", [True, False])
def test_a_write_whose_answer_is_lost_is_looked_at_and_made_once(
    stored: str, monkeypatch: pytest.MonkeyPatch, done: bool
) -> None:
    store = S3Store(stored)
    mine = made("apply", 20.0)
    assert store.take("production", mine) is None
    losing(monkeypatch, store._bucket, done=done, times=1)
    store.begin("production", STEPS, "me", lock=mine.id)
    assert store.load("production").serial == 1
    store.record("production", Outcomes(made=(APPLIED,)), "me", lock=mine.id)
    assert store.load("production").objects == {ADDRESS: APPLIED}


def test_a_store_that_does_not_answer_is_told(stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = S3Store(stored)
    with monkeypatch.context() as there:
        losing(there, store._bucket, done=False, times=100)
        with pytest.raises(StateError, match="its outcome is unknown"):
            store.record("production", Outcomes(made=(APPLIED,)), "me")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
    monkeypatch.setattr("reconciler.state.bucket._PAUSE", 0.01)
    with open_store(stored) as unreachable, pytest.raises(StateError, match="no answer from the bucket"):
        unreachable.load("production")


def test_a_holder_that_was_taken_over_between_lock_and_fence_does_not_come_back(stored: str) -> None:
    """It took the lock, slept before it could fence, and fences after another did."""
    first, second = S3Store(stored), S3Store(stored)
    mine, theirs = made("apply", 20.0), made("destroy", 20.0)
    first._put_lock("production", mine, None)
    assert second.take("production", theirs, mine) is None
    assert first._fence("production", mine) == theirs
    second.begin("production", STEPS, "me", lock=theirs.id)
    with pytest.raises(LockLost):
        first.begin("production", STEPS, "me", lock=mine.id)
    assert second.release("production", theirs.id)
    with pytest.raises(LockLost):
        second.begin("production", STEPS, "me", lock=theirs.id)


def test_a_store_that_ignores_conditions_is_refused(stored: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for ignored in ("IfNoneMatch", "IfMatch"):
        with monkeypatch.context() as there:

            def careless(
                self: Bucket, key: str, body: bytes, condition: dict[str, str], what: str = ignored, put: Any = _PUT
            ) -> Any:
                return put(self, key, body, {name: etag for name, etag in condition.items() if name != what})

            there.setattr(Bucket, "_put", careless)
            with open_store(f"{stored}/{ignored}") as store, pytest.raises(StateError, match="ignores conditions"):
                store.take("production", made("apply", 20.0))


def test_a_bucket_that_is_not_there_and_a_url_that_is_none_are_told(stored: str) -> None:
    with open_store("s3://no-such-bucket/x") as store, pytest.raises(StateError, match="NoSuchBucket"):
        store.load("production")
    for url in ("s3://", "s3://Bad_Bucket/x", "s3://team-state/x?region=eu"):
        with pytest.raises(StateError, match="no place in S3"):
            open_store(url)


def test_every_flip_in_the_document_is_found(client: Any) -> None:
    state = State("production", "l", 3, {ADDRESS: APPLIED}, {"db": SYSTEM})
    body = encode_state(state, fence="f")
    assert decode_state(body, "it") == (state, {"fence": "f"})
    chance = random.Random(7)
    for _ in range(2000):
        place, bit = chance.randrange(len(body)), 1 << chance.randrange(8)
        flipped = bytes([*body[:place], body[place] ^ bit, *body[place + 1 :]])
        try:
            assert decode_state(flipped, "it") == (state, {"fence": "f"})
            assert flipped[place : place + 1].isspace()  # layout says nothing
        except StateError:
            continue


@pytest.mark.parametrize("name", ["production.json", "production.lock"])
@pytest.mark.parametrize("change", [lambda body: body[:-9], lambda body: b"{}", lambda body: b"[" * 100_000])
def test_damage_in_the_bucket_is_located(stored: str, client: Any, name: str, change: Callable[[bytes], bytes]) -> None:
    with open_store(stored) as store:
        assert store.take("production", made("apply", 20.0)) is None
        key = f"{stored.split('/', 3)[3]}/{name}"
        body = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        client.put_object(Bucket=BUCKET, Key=key, Body=change(body))
        with pytest.raises(StateError, match=f"{name}.*damaged|damaged at .*{name}|{name} is no state"):
            (store.locks if name.endswith("lock") else lambda: store.load("production"))()


def test_an_object_of_another_environment_is_refused(stored: str, client: Any) -> None:
    with open_store(stored) as store:
        store.record("staging", Outcomes(made=(APPLIED,)), "me")
        prefix = stored.split("/", 3)[3]
        source = f"{BUCKET}/{prefix}/staging.json"
        client.copy_object(Bucket=BUCKET, Key=f"{prefix}/production.json", CopySource=source)
        with pytest.raises(StateError, match="it is that of staging"):
            store.load("production")


def test_a_conflict_is_no_success(stored: str) -> None:
    store = S3Store(stored)
    store.record("production", Outcomes(made=(APPLIED,)), "me")
    found = store._read("production")
    other = replace(APPLIED, native_id="i-2")
    store.record("production", Outcomes(made=(other,)), "me")
    with pytest.raises(Conflict):
        store._put("production", found)
    assert store.load("production").objects[ADDRESS] == other
    store.settle("production", [Address("db", "role", "x")])
