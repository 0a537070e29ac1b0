"""Debian's chromium, driven by the DevTools protocol over a pipe: no package, no port."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium")
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe", "--no-first-run")

_LOADED = "new Promise(done => document.readyState === 'complete' ? done() : addEventListener('load', () => done()))"


@dataclass
class Page:
    """One page."""

    _write: int
    _read: Any
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    """What the browser told besides: console messages, requests."""
    _number: int = 0

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        said = {"id": self._number, "method": method, "params": parameters}
        if self.session:
            said["sessionId"] = self.session
        os.write(self._write, json.dumps(said).encode() + b"\0")
        while True:
            reply = json.loads(self._next())
            if reply.get("id") == self._number:
                assert "error" not in reply, reply
                found: dict[str, Any] = reply["result"]
                return found
            self.events.append(reply)

    def _next(self) -> bytes:
        text = bytearray()
        while (sign := self._read.read(1)) != b"\0":
            assert sign, "the browser ended"
            text += sign
        return bytes(text)

    def run(self, script: str) -> Any:
        """What an expression comes to."""
        found = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def told(self, method: str) -> list[dict[str, Any]]:
        return [one["params"] for one in self.events if one.get("method") == method]


@contextmanager
def opened(url: str, profile: Path) -> Iterator[Page]:
    """A page that has loaded."""
    assert CHROMIUM
    theirs_in, ours_out = os.pipe()
    ours_in, theirs_out = os.pipe()

    def places() -> None:
        # Above what is to be written to, so that neither overwrites the other.
        one, two = os.dup(theirs_in), os.dup(theirs_out)
        os.dup2(one, 3)
        os.dup2(two, 4)

    process = subprocess.Popen(
        [CHROMIUM, *_FLAGS, f"--user-data-dir={profile}", "about:blank"],
        preexec_fn=places,  # noqa: PLW1509 - it only moves descriptors
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(theirs_in)
    os.close(theirs_out)
    with os.fdopen(ours_in, "rb") as reader:
        browser = Page(ours_out, reader)
        try:
            target = browser.call("Target.createTarget", url="about:blank")["targetId"]
            browser.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                browser.call(f"{domain}.enable")
            browser.call("Page.navigate", url=url)
            browser.run(_LOADED)
            yield browser
        finally:
            process.terminate()
            process.wait()
            os.close(ours_out)
