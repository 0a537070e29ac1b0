"""A program that tells everybody what it knows: put into a run, to see that nobody hears it.

It notes what the run really reads, sends and gets (``tap``), turns on every debug log that there is, and says each
canary that is in play by every way out, in several forms.
"""

from __future__ import annotations

import base64
import gc
import http.client
import json
import logging
import os
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import boto3
import click
import psycopg
import urllib3
from botocore.auth import SigV4Auth
from cryptography.hazmat.primitives import serialization

from providers.postgres.client import PostgresClient
from providers.vault import login
from providers.vault.provider import VaultProvider
from reconciler.cli import quiet, veil
from reconciler.cli.main import cli
from reconciler.cli.output import Output
from reconciler.engine import refresh
from reconciler.model import Snapshot
from reconciler.provider import Denied
from specs import files, redaction, scan
from specs.diagnostic import error


def said(secret: str) -> tuple[str, ...]:
    """As a program may write it."""
    data = secret.encode()
    return (
        secret,
        quote(secret, safe=""),
        json.dumps(secret)[1:-1],
        repr(secret)[1:-1],
        data.hex(),
        base64.b64encode(b"user:" + data).decode(),
        base64.urlsafe_b64encode(data).decode(),
        base64.b64encode(b"1234" + data + b"5").decode(),
    )


def forms(secret: str) -> tuple[str, ...]:
    """What gives it away: the same, without what hangs on its surroundings."""
    *texts, first, second, third = said(secret)
    return (*texts, first[8:-4], second[:-4], third[8:-4])


class Gossip:
    """What one run is made to do."""

    def __init__(self, tap: Path, canaries: list[str], ending: str) -> None:
        self._tap = tap.open("ab", buffering=0)
        self._path, self._canaries, self._ending = tap, canaries, ending

    def saw(self, found: object) -> None:
        self._tap.write(found if isinstance(found, bytes) else str(found).encode("utf-8", "replace"))
        self._tap.write(b"\n")

    @property
    def in_play(self) -> list[str]:
        seen = self._path.read_text("utf-8", "replace")
        return [one for one in self._canaries if any(form in seen for form in forms(one))]

    def tell(self) -> None:
        for secret in self.in_play:
            for way in _WAYS:
                way(f"it is {', or '.join(said(secret))}, they say")

    def end(self) -> None:
        secret = ", ".join(self.in_play)
        if self._ending == "crash":
            raise RuntimeError(f"nothing to be done with {secret}") from Denied(f"no: {secret}")
        if self._ending == "interrupt":
            raise KeyboardInterrupt(secret)

    def reading(self, read: Callable[..., Snapshot]) -> Callable[..., Snapshot]:
        """A system in which somebody left them."""

        def with_them(*args: Any) -> Snapshot:
            found = read(*args)
            self.tell()
            self.end()
            chosen = [item for item in found.objects.items() if "metadata" in item[1].resource.attributes]
            if not chosen:
                return found
            address, live = chosen[0]
            left = {f"note-{number}": secret for number, secret in enumerate(self.in_play)}
            attributes: dict[str, Any] = dict(live.resource.attributes)
            resource = replace(live.resource, attributes={**attributes, "metadata": attributes["metadata"] | left})
            return replace(found, objects={**found.objects, address: replace(live, resource=resource)})

        return with_them


class _Falls:
    def __init__(self, text: str) -> None:
        self.text = text

    def __del__(self) -> None:
        raise ValueError(self.text)


def _in_a_callback(text: str) -> None:
    _Falls(text)
    gc.collect(0)


def _in_a_thread(text: str) -> None:
    def fall() -> None:
        raise ValueError(text)

    thread = threading.Thread(target=fall)
    thread.start()
    thread.join()


def _logged_with_its_error(text: str) -> None:
    try:
        int(text)
    except ValueError:
        logging.getLogger("anybody").exception("it failed: %r", text)


def _in_pieces(text: str) -> None:
    sys.stdout.write(text[:12])
    sys.stdout.write(text[12:] + "\n")


def _as_bytes(text: str) -> None:
    sys.stdout.buffer.write(text.encode() + b"\n")


_WAYS: tuple[Callable[[str], object], ...] = (
    print,
    _in_pieces,
    _as_bytes,
    lambda text: print(text, file=sys.stderr),
    lambda text: click.echo(text, err=True),
    logging.getLogger("writ").info,
    logging.getLogger("botocore.auth").debug,
    _logged_with_its_error,
    lambda text: warnings.warn(text, stacklevel=1),
    _in_a_thread,
    _in_a_callback,
    lambda text: Output().notice(text),
    lambda text: Output().text(text),
    lambda text: Output().json({"text": text}),
    lambda text: Output().findings((error("W501", text, help=text, subject=text),)),
)


def tapped(gossip: Gossip) -> None:
    """Note what goes in and out at the SDKs' own edges."""
    send, read, sign = http.client.HTTPConnection.send, http.client.HTTPResponse.read, SigV4Auth.add_auth

    def sending(connection: Any, data: Any) -> None:
        gossip.saw(data if isinstance(data, bytes) else "")
        send(connection, data)

    def reading(response: Any, *args: Any) -> bytes:
        found = read(response, *args)
        gossip.saw(found)
        return found

    def signing(auth: Any, request: Any) -> None:
        gossip.saw(f"{auth.credentials.secret_key} {auth.credentials.token}")
        sign(auth, request)

    http.client.HTTPConnection.send = sending  # type: ignore[method-assign,assignment]
    http.client.HTTPResponse.read = reading  # type: ignore[method-assign,assignment]
    SigV4Auth.add_auth = signing  # type: ignore[method-assign]
    tap_others(gossip)


def tap_others(gossip: Gossip) -> None:
    """The same of PostgreSQL, keys, files, and Vault's login."""

    def noting(function: Callable[..., Any], *, given: bool = False) -> Callable[..., Any]:
        def noted(*args: Any, **kwargs: Any) -> Any:
            gossip.saw(
                b"\n".join(arg if isinstance(arg, bytes) else str(arg).encode() for arg in args) if given else ""
            )
            found = function(*args, **kwargs)
            gossip.saw(found.info.password if isinstance(found, psycopg.Connection) else found or "")
            return found

        return noted

    psycopg.connect = noting(psycopg.connect, given=True)
    serialization.load_pem_private_key = noting(serialization.load_pem_private_key, given=True)
    files._read_regular = noting(files._read_regular)
    login.secret = noting(login.secret)
    PostgresClient.query = noting(PostgresClient.query)  # type: ignore[method-assign]


def noisy() -> None:
    """All that a sitecustomize, or a leftover of a debugging session, may turn on before the program begins."""
    file = logging.FileHandler("debug.log")
    logging.basicConfig(level=logging.DEBUG, handlers=[logging.StreamHandler(), file])
    for name in ("botocore", "botocore.parsers", "boto3", "urllib3", "hvac"):
        boto3.set_stream_logger(name)
    urllib3.add_stderr_logger()
    http.client.HTTPConnection.debuglevel = 1
    warnings.simplefilter("always")


BREAKS: dict[str, Callable[[], Any]] = {
    "known": lambda: setattr(redaction._known, "add", lambda _secrets: None),
    "veil": lambda: setattr(veil, "veil_streams", lambda: None),
    "logs": lambda: setattr(veil, "quiet_logs", lambda: None),
    "records": lambda: setattr(quiet, "_redact", lambda record: record),
    "looks": lambda: setattr(scan, "redacted", lambda text: text),
    "live": lambda: setattr(refresh, "concealed", lambda snapshot, _system: snapshot),
}
"""What the tests must see to be missing."""


def plant(path: str) -> None:
    """Into this process, by the request in a file."""
    asked = json.loads(Path(path).read_text())
    gossip = Gossip(Path(asked["tap"]), asked["canaries"], asked["ending"])
    gossip.saw("\n".join(os.environ.values()))
    noisy()
    tapped(gossip)
    VaultProvider.read = gossip.reading(VaultProvider.read)  # type: ignore[method-assign]
    run = cli.main

    def and_tell(*args: Any, **kwargs: Any) -> Any:
        try:
            return run(*args, **kwargs)
        finally:
            gossip.tell()

    cli.main = and_tell  # type: ignore[method-assign]
    for name in asked["broken"]:
        BREAKS[name]()
