from __future__ import annotations

import subprocess
import sys

from reconciler.sandbox.processes import kill
from reconciler.state.holder import Noted, note


def test_kill_spares_a_process_that_only_has_the_same_id() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        kill(Noted(child.pid, "an earlier start"))
        assert child.poll() is None
        kill(note(child.pid))
        assert child.wait(5) == -9
