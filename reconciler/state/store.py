"""What a state is to the rest of the program, wherever it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Protocol, Self

from reconciler.model import Address, Applied, Outcomes, Retired, State, SystemRecord
from reconciler.state.ledger import Ledger
from reconciler.state.lockinfo import LockInfo


class Store(Ledger, Protocol):
    """A connection to one state: records, a namespace to an environment, and a lock to each; and the audit record.

    Not shared by threads.

    Every method raises StateError where the state can't be used. A write happens whole or not at all, and makes the
    serial grow. With the id of a ``lock`` it raises LockLost unless that lock is held still: nobody can take it before
    the write ends.
    """

    @property
    def where(self) -> str:
        """The place, for messages. Holds no secret."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def another(self) -> Store:
        """A connection of its own to the same state, for another thread. Raises LockLost where the state is gone."""
        ...

    def load(self, environment: str) -> State:
        """All that is recorded of one environment; lineage is empty where nothing was ever applied."""
        ...

    def environments(self) -> dict[str, int]:
        """How many objects are recorded, by environment; those without any are left out."""
        ...

    def begin(self, environment: str, steps: Iterable[tuple[Address, str]], who: str, *, lock: str = "") -> None:
        """Record that the calls of these steps (address, phase) are about to be made. On the disk once it returns."""
        ...

    def settle(self, environment: str, addresses: Iterable[Address], *, lock: str = "") -> None:
        """What was begun on these objects is known: it did nothing, or was read back since."""
        ...

    def put_all(
        self,
        environment: str,
        systems: tuple[SystemRecord, ...],
        applied: Iterable[Applied],
        who: str,
        *,
        lock: str = "",
    ) -> None:
        """Record many objects at once, and the systems of the run, so that one that leaves the specs can be cleaned."""
        ...

    def record(self, environment: str, outcomes: Outcomes, who: str, *, lock: str = "") -> None:
        """Record what steps did, and that they ended."""
        ...

    def retire(self, environment: str, one: Retired, *, lock: str = "") -> None:
        """Record how far a retirement has come, and what undoing it needs. On the disk once it returns."""
        ...

    def replace(self, state: State, who: str, *, lock: str = "") -> None:
        """Record exactly this of its environment, lineage and serial included, instead of all that is recorded."""
        ...

    def locks(self) -> Mapping[str, LockInfo]:
        """Who holds a lock, by environment."""
        ...

    def take(self, environment: str, mine: LockInfo, over: LockInfo | None = None) -> LockInfo | None:
        """Take the lock if it is free, or still ``over``'s as it was seen. Who is in the way; None once it is ours."""
        ...

    def gone(self, holder: LockInfo) -> str:
        """Why a holder can write nothing more, as far as the state's own server knows (``whose …``); else empty."""
        ...

    def beat(self, environment: str, lock: str) -> None:
        """Renew the lease. Raises LockLost where the lock isn't ours any more."""
        ...

    def release(self, environment: str, lock: str) -> bool:
        """Give back the lock with this id, or break it: its holder can write nothing more. False if there is none."""
        ...
