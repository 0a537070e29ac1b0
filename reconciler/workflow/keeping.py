"""What is done to the record alone, by hand: no system is touched. Under the state's lock, where it writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from reconciler.engine.quarantine import UNDOABLE
from reconciler.model import Address, Applied, Outcomes, State
from reconciler.state.document import decode_state, encode_state
from reconciler.state.errors import NothingRecorded, NotRecorded, PushRefused
from reconciler.state.lock import locked
from reconciler.state.lockinfo import LockInfo, whoami
from reconciler.state.opening import Place, may_hold, open_store, shown
from reconciler.workflow.situation import load_state
from reconciler.workflow.state_edits import tell
from specs.suggest import hint


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the record is, and how long to wait for its lock."""

    place: Place
    lock_timeout: float
    notice: Callable[[str], None]


def recorded(place: Place, environment: str | None) -> State:
    """The state of one environment: of the only one, where none is named. Raises StateError."""
    if environment is None:
        environment = _the_only_one(place)
    state = load_state(place, environment)
    if not state.lineage:
        raise NothingRecorded(f"nothing is recorded of environment {environment} in {shown(place)}")
    return state


def one_of(state: State, name: str) -> Applied:
    """A recorded object by its address, as plan writes it. Raises NotRecorded."""
    found = {str(address): one for address, one in state.objects.items()}
    if name not in found:
        way_out = hint(name, tuple(found), "recorded") or "writ state list shows what is recorded"
        raise NotRecorded(f"{name} is not recorded in environment {state.environment}", help=way_out)
    return found[name]


def pulled(state: State) -> bytes:
    """The document of an environment."""
    return encode_state(state)


def push(desk: Desk, body: bytes, *, force: bool) -> State:
    """Replace an environment's state by a document's; what is recorded then. Raises StateError.

    Refused is another lineage, and a lower serial or another content under the same one, unless ``force``.
    """
    new, _ = decode_state(body, "the document", help="push what writ state pull printed, unchanged")
    if not new.lineage:
        raise PushRefused("the document has no lineage: nothing was ever applied there")
    with (
        open_store(desk.place, patience=desk.lock_timeout) as store,
        locked(store, new.environment, "state push", timeout=desk.lock_timeout, notice=desk.notice) as mine,
    ):
        old = store.load(new.environment)
        if not force:
            _refuse(old, new)
        # Whoever planned on what was there before must see that it moved.
        new = replace(new, serial=max(new.serial, old.serial + 1) if old.lineage and old != new else new.serial)
        tell(store, mine.id, "state push", old, new)
        store.replace(new, whoami(), lock=mine.id)
    return new


def move(desk: Desk, environment: str | None, name: str, to: str) -> tuple[Address, Address]:
    """Record an object, and what depends on it, under another address. Raises StateError."""
    environment = environment or _the_only_one(desk.place)
    new = parsed(to)
    with (
        open_store(desk.place, patience=desk.lock_timeout) as store,
        locked(store, environment, "state mv", timeout=desk.lock_timeout, notice=desk.notice) as mine,
    ):
        state = store.load(environment)
        one = one_of(state, name)
        old = one.resource.address
        if new in state.objects:
            raise NotRecorded(f"{new} is recorded already", help=f"remove it first: writ state rm '{new}'")
        if new.type != old.type:
            raise NotRecorded(
                f"{old} can't become {new}: that is of another type", help=f"name an address of the type {old.type}"
            )
        moved = replace(one, resource=replace(one.resource, address=new))
        others = (each for address, each in state.objects.items() if address != old)
        objects = {each.resource.address: _following(each, old, new) for each in (*others, moved)}
        new_state = replace(state, objects=objects, serial=state.serial + 1)
        tell(store, mine.id, "state mv", state, new_state)
        store.replace(new_state, whoami(), lock=mine.id)
    return old, new


def remove(desk: Desk, environment: str | None, name: str) -> Address:
    """Forget an object: it stays in its system. Raises StateError."""
    environment = environment or _the_only_one(desk.place)
    with (
        open_store(desk.place, patience=desk.lock_timeout) as store,
        locked(store, environment, "state rm", timeout=desk.lock_timeout, notice=desk.notice) as mine,
    ):
        state = store.load(environment)
        address = one_of(state, name).resource.address
        left = {key: one for key, one in state.objects.items() if key != address}
        tell(store, mine.id, "state rm", state, replace(state, objects=left, serial=state.serial + 1))
        store.record(environment, Outcomes(gone=(address,)), whoami(), lock=mine.id)
    return address


def locks(place: Place) -> dict[str, LockInfo]:
    """Who holds a lock, by environment. Raises StateError."""
    if not may_hold(place):
        return {}
    with open_store(place, reading=True) as store:
        return dict(store.locks())


def parsed(text: str) -> Address:
    """An address as plan writes it. Raises NotRecorded."""
    found = re.fullmatch(r'([^.\s]+)\.(\w+)\["((?:[^"\\]|\\.)*)"\]', text)
    if found is None:
        raise NotRecorded(f"{text} is no address", help='as plan writes it: vault.vault_policy["writ-a_b"]')
    return Address(found[1], found[2], re.sub(r"\\(.)", r"\1", found[3]))


def _the_only_one(place: Place) -> str:
    found: dict[str, int] = {}
    if may_hold(place):
        with open_store(place, reading=True) as store:
            found = store.environments()
    if len(found) == 1:
        return next(iter(found))
    if found:
        known = ", ".join(found)
        raise NothingRecorded(f"there are several environments: {known}", help="pick one: --environment NAME")
    if may_hold(place):
        way_out = "nothing was applied yet, or all was destroyed; if another place is meant: -state PLACE"
        raise NothingRecorded(f"nothing is recorded in {shown(place)}", help=way_out)
    raise NothingRecorded(f"nothing is recorded in {shown(place)}", help="name the state's place: -state PLACE")


def _refuse(old: State, new: State) -> None:
    way_out = "look at both (writ state pull); -force replaces it anyway"
    if old.lineage and old.lineage != new.lineage:
        raise PushRefused(
            f"the document is of another state: its lineage is {new.lineage}, and {old.lineage} is recorded",
            help=way_out,
        )
    if old.serial > new.serial:
        raise PushRefused(
            f"the document is older: its serial is {new.serial}, and {old.serial} is recorded", help=way_out
        )
    if old.serial == new.serial and old != new:
        raise PushRefused(f"the document has the serial {new.serial} of what is recorded, and differs", help=way_out)
    for name, recorded in old.retirements.items():
        if recorded.marked in UNDOABLE and name not in new.retirements:
            who = f"{recorded.address.key} of {recorded.address.system}"
            raise PushRefused(f"the document doesn't say what unlocking {who} needs (retirement {name})", help=way_out)


def _following(one: Applied, old: Address, new: Address) -> Applied:
    return replace(one, depends_on=tuple(new if address == old else address for address in one.depends_on))
