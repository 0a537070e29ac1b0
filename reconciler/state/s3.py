"""A state in S3, for teams without a database: one object to an environment, replaced whole and under a condition.

The lock is an object beside it. What fences is in the state's own object: the id of the lock under which it may be
replaced. Whoever takes the lock writes its id there first, and so changes the ETag that an earlier holder knows.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from types import TracebackType
from typing import Any, Self

from reconciler.model import Address, Applied, Outcomes, Retired, State, SystemRecord, Unfinished
from reconciler.state.bucket import Bucket, Conflict
from reconciler.state.document import decode_state, encode_state
from reconciler.state.errors import LockLost, StateError, StateLocked
from reconciler.state.ledger import End
from reconciler.state.ledger_s3 import LedgerObjects
from reconciler.state.lockinfo import LockInfo, now, stamp
from specs.text import shown

SCHEME = "s3://"
_TRIES = 20
"""How often a write that others came before is tried again."""
_NO_CONDITIONS = "use a store that honours If-Match and If-None-Match on PUT, as S3 does, or PostgreSQL"


@dataclass(frozen=True, slots=True)
class _Document:
    """A state's object as it was read."""

    state: State
    fence: str = ""
    etag: str | None = None
    """None: there is none."""
    end: End | None = None
    """How far the audit record goes."""


@dataclass(frozen=True, slots=True)
class _Lock:
    """A lock's object as it was read."""

    info: LockInfo | None
    """None: it is free."""
    etag: str | None = None


class S3Store:
    """A state.store.Store over a bucket. Not shared between threads."""

    def __init__(self, url: str, *, bucket: Bucket | None = None) -> None:
        """``s3://bucket/key``; connects at the first use. Raises StateError."""
        found = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/?([^?#]*)", url)
        if found is None:
            raise StateError(f"{shown(url.partition('?')[0])} is no place in S3", help="as in s3://bucket/key")
        self._url, name, key = url, *found.groups()
        self._prefix = f"{key.strip('/')}/" if key.strip("/") else ""
        self._bucket = bucket or Bucket(name)
        self._ledger = LedgerObjects(self._bucket, self._prefix)
        self._known: dict[str, _Document] = {}
        """What this store wrote last, by environment."""
        self._ends: dict[str, End] = {}
        """How far the audit record went since: kept with the next write."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._known.clear()

    @property
    def where(self) -> str:
        """The URL."""
        return self._url

    def another(self) -> S3Store:
        """As state.store.Store."""
        return S3Store(self._url, bucket=self._bucket)

    def load(self, environment: str) -> State:
        """As state.store.Store."""
        return self._read(environment).state

    def environments(self) -> dict[str, int]:
        """As state.store.Store."""
        counts = {name: len(self.load(name).objects) for name in self._named(".json")}
        return {name: count for name, count in counts.items() if count}

    def put_all(
        self,
        environment: str,
        systems: tuple[SystemRecord, ...],
        applied: Iterable[Applied],
        who: str,  # noqa: ARG002 - a database's rows say it
        *,
        lock: str = "",
    ) -> None:
        """As state.store.Store."""
        news = {one.resource.address: one for one in applied}
        named = {one.name: one for one in systems}
        self._change(environment, lock, lambda old: replace(old, objects={**old.objects, **news}, systems=named))

    def begin(self, environment: str, steps: Iterable[tuple[Address, str]], who: str, *, lock: str = "") -> None:
        """As state.store.Store."""
        began = now()
        begun = sorted((Unfinished(address, phase, lock, who, began) for address, phase in steps), key=_by_address)
        addresses = {one.address for one in begun}
        self._change(
            environment, lock, lambda old: replace(old, unfinished=(*_without(old.unfinished, addresses), *begun))
        )

    def record(self, environment: str, outcomes: Outcomes, who: str, *, lock: str = "") -> None:  # noqa: ARG002
        """As state.store.Store."""
        made, gone = {one.resource.address: one for one in outcomes.made}, set(outcomes.gone)

        def recorded(old: State) -> State:
            kept = {address: one for address, one in old.objects.items() if address not in gone}
            return replace(old, objects=kept | made, unfinished=_without(old.unfinished, set(outcomes.ended)))

        self._change(environment, lock, recorded)

    def settle(self, environment: str, addresses: Iterable[Address], *, lock: str = "") -> None:
        """As state.store.Store."""
        known = set(addresses)
        self._change(environment, lock, lambda old: replace(old, unfinished=_without(old.unfinished, known)))

    def retire(self, environment: str, one: Retired, *, lock: str = "") -> None:
        """As state.store.Store."""
        self._change(environment, lock, lambda old: replace(old, retirements={**old.retirements, one.name: one}))

    def replace(self, state: State, who: str, *, lock: str = "") -> None:  # noqa: ARG002
        """As state.store.Store."""
        self._change(state.environment, lock, lambda _: state, whole=True)

    def locks(self) -> dict[str, LockInfo]:
        """As state.store.Store."""
        found = {name: self._lock(name).info for name in self._named(".lock")}
        return {name: info for name, info in found.items() if info is not None}

    def take(self, environment: str, mine: LockInfo, over: LockInfo | None = None) -> LockInfo | None:
        """As state.store.Store."""
        for _ in self._trying(environment):
            found = self._lock(environment)
            holder = found.info
            if holder is not None and (over is None or (holder.id, holder.beat) != (over.id, over.beat)):
                return holder
            with suppress(Conflict):
                self._put_lock(environment, mine, found.etag)
                break
        return self._fence(environment, mine)

    def gone(self, holder: LockInfo) -> str:  # noqa: ARG002
        """As state.store.Store."""
        return ""

    def beat(self, environment: str, lock: str) -> None:
        """As state.store.Store."""
        for _ in self._trying(environment):
            found = self._lock(environment)
            if found.info is None or found.info.id != lock:
                raise LockLost
            info = replace(found.info, beat=found.info.beat + 1, beaten=now(), stamp=stamp())
            with suppress(Conflict):
                self._put_lock(environment, info, found.etag)
                return

    def release(self, environment: str, lock: str) -> bool:
        """As state.store.Store."""
        for _ in self._trying(environment):
            found = self._lock(environment)
            if found.info is None or found.info.id != lock:
                return False
            with suppress(Conflict):
                document = self._known.get(environment) or self._read(environment)
                if document.fence == lock:
                    # First of all: what was broken can write nothing more.
                    self._put(environment, replace(document, fence=""))
                self._put_lock(environment, None, found.etag)
                return True
            self._known.pop(environment, None)
        raise AssertionError

    def append(
        self, environment: str, first: int, lines: Sequence[bytes], *, end: End | None = None, lock: str = ""
    ) -> None:
        """As state.ledger.Ledger."""
        if lock and self._read(environment).fence != lock:
            raise LockLost
        self._ledger.append(environment, first, lines)
        if end is not None:
            self._ends[environment] = end

    def lines(self, environment: str) -> Iterator[bytes]:
        """As state.ledger.Ledger."""
        return self._ledger.lines(environment)

    def last(self, environment: str) -> bytes:
        """As state.ledger.Ledger."""
        return self._ledger.last(environment)

    def mend(self, environment: str, *, lock: str = "") -> bytes:  # noqa: ARG002 - an object is whole
        """As state.ledger.Ledger."""
        return b""

    def audited(self) -> tuple[str, ...]:
        """As state.ledger.Ledger."""
        return self._ledger.audited()

    def end(self, environment: str) -> End | None:
        """As state.ledger.Ledger."""
        return (self._known.get(environment) or self._read(environment)).end

    def ended(self) -> tuple[str, ...]:
        """As state.ledger.Ledger."""
        return tuple(name for name in self._named(".json") if self._read(name).end is not None)

    def _fence(self, environment: str, mine: LockInfo) -> LockInfo | None:
        """From now on only we may write. Who took the lock over meanwhile, if anybody did."""
        for _ in self._trying(environment):
            document = self._read(environment)
            # Looked at after the document: whoever takes over later changes the ETag that we write under.
            holder = self._lock(environment).info
            if holder is None or holder.id != mine.id:
                return holder or mine
            with suppress(Conflict):
                self._put(environment, replace(document, fence=mine.id))
                if document.etag is None:
                    self._prove_conditions(environment)
                return None
        raise AssertionError

    def _prove_conditions(self, environment: str) -> None:
        """A store that ignores conditions would let everybody in: asked once, when a state is made."""
        document = self._known[environment]
        for etag in (None, f'"{"0" * 32}"'):
            try:
                self._put(environment, replace(document, etag=etag))
            except Conflict:
                continue
            raise StateError(f"{self.where} can't hold a state: it ignores conditions", help=_NO_CONDITIONS)

    def _change(self, environment: str, lock: str, edit: Callable[[State], State], *, whole: bool = False) -> None:
        """``whole``: the edit says lineage and serial too."""
        for _ in self._trying(environment):
            document = self._known.get(environment) or self._read(environment)
            if lock and document.fence != lock:
                raise LockLost
            new = edit(document.state)
            if not whole:
                new = replace(new, lineage=new.lineage or str(uuid.uuid4()), serial=document.state.serial + 1)
            with suppress(Conflict):
                self._put(environment, replace(document, state=new))
                if not lock:
                    self._known.pop(environment)
                return
            self._known.pop(environment, None)

    def _trying(self, environment: str) -> Iterator[int]:
        yield from range(_TRIES)
        raise StateLocked(f"others write to {environment} in the state {self.where} all the time", help="run it again")

    def _read(self, environment: str) -> _Document:
        key = self._key(environment, ".json")
        found = self._bucket.get(key)
        if found is None:
            return _Document(State(environment, "", 0, {}, {}))
        state, more = decode_state(found.body, f"the state {self.where}: {key}")
        if state.environment != environment:
            raise StateError(f"the state {self.where} is damaged at {key}: it is that of {state.environment}")
        number, _, head = more.get("audited", "").partition(" ")
        end = End(int(number), head) if number.isdecimal() and head else None
        return _Document(state, more.get("fence", ""), found.etag, end)

    def _put(self, environment: str, document: _Document) -> None:
        # An ETag is a digest of the content: a content that came back would pass for one that never changed.
        end = self._ends.get(environment, document.end)
        told = {"audited": f"{end.number} {end.head}"} if end is not None else {}
        body = encode_state(document.state, fence=document.fence, write=str(uuid.uuid4()), **told)
        etag = self._bucket.put(self._key(environment, ".json"), body, document.etag)
        self._known[environment] = replace(document, etag=etag, end=end)
        self._ends.pop(environment, None)

    def _lock(self, environment: str) -> _Lock:
        key = self._key(environment, ".lock")
        found = self._bucket.get(key)
        if found is None:
            return _Lock(None)
        try:
            return _Lock(_decoded(json.loads(found.body)["lock"]), found.etag)
        except (ValueError, KeyError, TypeError, RecursionError):
            message = f"the state {self.where} is damaged at {key}"
            raise StateError(message, help="once no run is under way, delete that object") from None

    def _put_lock(self, environment: str, info: LockInfo | None, etag: str | None) -> None:
        data = {"lock": asdict(info) if info else None, "write": str(uuid.uuid4())}
        self._bucket.put(self._key(environment, ".lock"), json.dumps(data).encode(), etag)

    def _named(self, suffix: str) -> list[str]:
        keys = self._bucket.keys(self._prefix)
        names = (key.removeprefix(self._prefix).removesuffix(suffix) for key in keys if key.endswith(suffix))
        return sorted(name for name in names if "/" not in name)

    def _key(self, environment: str, suffix: str) -> str:
        return f"{self._prefix}{environment}{suffix}"


def _decoded(data: dict[str, Any] | None) -> LockInfo | None:
    if data is None:
        return None
    info = LockInfo(**data)
    kinds = {"str": str, "int": int, "float": int | float}
    if not all(isinstance(getattr(info, one.name), kinds[str(one.type)]) for one in fields(LockInfo)):
        raise TypeError("a field of another kind")
    return info


def _without(unfinished: Iterable[Unfinished], addresses: set[Address]) -> tuple[Unfinished, ...]:
    return tuple(one for one in unfinished if one.address not in addresses)


def _by_address(one: Unfinished) -> Address:
    return one.address
