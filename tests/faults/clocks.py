"""A wall clock of one program that is stepped while it runs.

Every way in which our code asks Python for the time is replaced in the process (tests.faults.plants). Clocks that
nobody can set (monotonic, since boot) are as they are, as on a machine whose clock is stepped.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.faults.plants import planted
from tests.servers import World, run_writ
from tests.zygote import PLANTED

DAY = 86400


class Clock:
    """What programs that are started with it are told."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0)

    def set(self, seconds: int) -> None:
        """So much off."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{seconds:+d}")
        new.replace(self.file)

    def writ(
        self, world: World, *arguments: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """``writ`` by this clock."""
        world.applied = True
        given = {"WRIT_CONNECTIONS": str(world.connections), PLANTED: planted(clock=self.file)}
        return run_writ(*arguments, cwd=world.cwd, env=given | dict(env or {}))
