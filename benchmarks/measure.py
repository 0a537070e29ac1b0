"""Wall time and peak memory of a command.

The command is started by a small process of its own (this file, run as a script): Linux counts the memory of the
process that forks towards the peak of the one that it starts.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Run:
    """One run: wall and CPU seconds, peak resident MiB, and all that it printed."""

    seconds: float
    cpu: float
    mebibytes: float
    output: str


def _environ(more: Mapping[str, str] | None) -> dict[str, str]:
    """Compiled modules are kept, as those of an installed package are, whatever this shell does."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"} | dict(more or {})


def measure(command: Sequence[str], *, cwd: Path, env: Mapping[str, str] | None = None, code: int = 0) -> Run:
    """Run a command. Raises RuntimeError unless it exits with ``code``."""
    helper = [sys.executable, "-S", "-E", __file__, *command]
    done = subprocess.run(helper, cwd=cwd, env=_environ(env), capture_output=True, text=True, check=False)
    *printed, last = done.stdout.splitlines() or [""]
    if done.returncode != code:
        raise RuntimeError(
            f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    told = json.loads(last)
    return Run(told["seconds"], told["cpu"], told["mebibytes"], "\n".join(printed))


def interleaved(rounds: int, commands: Mapping[str, Callable[[], Run]]) -> dict[str, list[Run]]:
    """Every command once a round, so that a slow minute of the machine hits all of them alike."""
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(command())
    return found


def seconds(runs: Sequence[Run]) -> str:
    """``3.41 (3.38 to 3.60)``: median and spread."""
    return spread([run.seconds for run in runs])


def cpu(runs: Sequence[Run]) -> str:
    """CPU seconds, of all threads: what a busy machine changes least."""
    return spread([run.cpu for run in runs])


def mebibytes(runs: Sequence[Run]) -> str:
    """The most that any run took."""
    return f"{max(run.mebibytes for run in runs):.0f}"


def median(runs: Sequence[Run]) -> float:
    """Of the wall seconds."""
    return statistics.median(run.seconds for run in runs)


def spread(values: Sequence[float]) -> str:
    """Median, and least to most."""
    if len(values) == 1:
        return f"{values[0]:,.1f}"
    digits = 0 if min(values) >= 100 else 1 if min(values) >= 20 else 2
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def _main(command: Sequence[str]) -> int:
    started = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    took = time.monotonic() - started
    unit = 1024 if sys.platform == "darwin" else 1
    cpu = usage.ru_utime + usage.ru_stime
    print(f"\n{json.dumps({'seconds': took, 'cpu': cpu, 'mebibytes': usage.ru_maxrss / 1024 / unit})}")
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1:]))
