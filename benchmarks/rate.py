"""How many single GETs a second Writ's own client makes: `python benchmarks/rate.py FOLDER`, as wrk does in run.py.

Prints requests a second. Reads every role of the folder's world, as often as fits in a few seconds.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from pathlib import Path

from providers.vault.client import VaultClient
from providers.vault.settings import VaultSettings
from providers.vault.transport import Origin, Transport
from reconciler.provider import Scope

SECONDS = 3.0


def main(folder: Path) -> None:
    gc.disable()  # as the command does
    where = json.loads((folder / "access.json").read_text())["vault"]
    settings = VaultSettings(auth_mount=where["mount"], policy_prefix=where["prefix"])
    scope = Scope("bench", "vault", settings)
    client = VaultClient(Transport(Origin.of(f"http://{where['host']}:{where['port']}")), "", scope)
    client.use_token(os.environ["VAULT_TOKEN"])
    listed = client.list(f"auth/{where['mount']}/role") or {}
    paths = [f"auth/{where['mount']}/role/{name}" for name in listed["keys"]]
    client.each(client.get, paths[:100])
    made, started = 0, time.monotonic()
    while (took := time.monotonic() - started) < SECONDS:
        client.each(client.get, paths)
        made += len(paths)
    print(f"{made / took:.0f}")
    client.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
