"""A program that holds the lock of the state that it is told of, and begins steps until it may not."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from reconciler.model import Address
from reconciler.state.errors import StateError
from reconciler.state.heartbeat import Lease
from reconciler.state.lock import locked
from reconciler.state.opening import open_store


def main() -> None:
    place, seconds = sys.argv[1], float(sys.argv[2])
    with (
        open_store(place if "://" in place else Path(place)) as store,
        locked(store, "production", "apply", timeout=0, notice=print, lease=Lease(seconds, seconds / 4)) as mine,
    ):
        print("held", mine.id, flush=True)
        try:
            for number in range(100_000):
                mine.check()
                store.begin("production", [(Address("db", "role", f"r{number}"), "create")], "it", lock=mine.id)
                if number == 0:
                    print("begun", flush=True)
                time.sleep(0.05)
        except StateError as refused:
            print(refused.code, flush=True)


if __name__ == "__main__":
    main()
