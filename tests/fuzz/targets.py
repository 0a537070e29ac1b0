"""Every decoder of what others wrote. One contract: a value, or a finding or error of ours; in bounds; nothing else."""

from __future__ import annotations

import http.client
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from providers.vault.replies import document, failure
from providers.vault.transport import Reply
from reconciler import registry
from reconciler.audit.chain import verify
from reconciler.audit.checkpoint import read_checkpoint
from reconciler.audit.entry import Entry, Kind, encode, sealed
from reconciler.audit.ocsf import events
from reconciler.connections import read_connections
from reconciler.provider import ProviderError
from reconciler.render.plan_json import plan_json
from reconciler.render.plan_markdown import plan_markdown
from reconciler.render.plan_text import plan_lines
from reconciler.state import dsn
from reconciler.state.document import _digest, decode_state, encode_state
from reconciler.state.errors import StateError
from reconciler.state.planfile import _message, _written, encode_plan, read_saved
from reconciler.state.s3 import S3Store
from reconciler.state.signing import SigningKey, read_public_key, read_signing_key
from reconciler.workflow.access_diff import compare_files
from specs import Located, decode
from specs.assemble import assemble
from specs.check import check
from specs.diagnostic import Diagnostic
from specs.fmt import Refused, format_bytes
from specs.loader import load_bytes

BETWEEN = b"\n----\n"
"""Between the two files of a pair."""
_TODAY = date(2026, 1, 1)
_SCRATCH = Path(tempfile.mkdtemp(prefix="writ-fuzz-"))
_LONGEST = 4_000
"""Characters of one message."""


@dataclass(frozen=True)
class Target:
    """A decoder: what it is given, the errors that it may raise, the words that its inputs are made of."""

    run: Callable[[bytes], object]
    errors: tuple[type[Exception], ...] = ()
    words: tuple[bytes, ...] = ()
    json: bool = False
    """Whether its inputs are JSON documents, or lines of them."""


def told(found: tuple[Diagnostic, ...] | list[Diagnostic]) -> None:
    """Findings are one line each, and of a length."""
    for one in found:
        for text in (one.message, one.help, one.subject):
            assert "\n" not in text
            assert len(text) < _LONGEST


def said(wrong: Exception) -> None:
    """So is the text of an error."""
    text = str(wrong)
    assert "\n" not in text
    assert len(text) < _LONGEST


def specs(data: bytes) -> None:
    loaded = load_bytes(data, "f.yaml")
    catalog, failed, problems = assemble(loaded)
    told([*loaded.diagnostics, *problems, *check(catalog, failed, _TODAY)])
    if not loaded.diagnostics:
        format_bytes(data)


def _scratch(name: str, data: bytes) -> Path:
    path = _SCRATCH / name
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def connections(data: bytes) -> None:
    found, problems = read_connections(str(_scratch("connections.yaml", data)), {})
    told(problems)
    if found.file is None:
        return
    found.issuer_keys("staging")
    models = [registry.load(name).connection_model for name in registry.names()]
    for system in found.file.value.spec.systems:
        block: Located[dict[str, Any]] = found.block("staging", system)
        for model in models:
            told(decode(model, block)[1])


def plan(data: bytes) -> None:
    """As it is, and with the digest and signature that somebody who knows the format would make."""
    for text in (data, *_rewritten(data)):
        try:
            found = read_saved(_scratch("plan", text)).plan
        except StateError as wrong:
            said(wrong)
            continue
        encode_plan(found)
        list(plan_lines(found, full=True))
        list(plan_markdown(found, None))
        json.dumps(plan_json(found))


def _rewritten(data: bytes) -> list[bytes]:
    try:
        body = json.loads(data)["plan"]
        return [_written(body, None).encode(), _written(body, _key().sign(_message(body))).encode()]
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError):
        return []


def _key() -> SigningKey:

    return SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)))


def state(data: bytes) -> None:
    texts = [data]
    try:
        outer = json.loads(data)
        outer.pop("digest", None)
        texts.append(json.dumps(outer | {"digest": _digest(outer)}).encode())
    except (ValueError, TypeError, RecursionError, AttributeError):
        pass
    for text in texts:
        try:
            found, more = decode_state(text, "f")
        except StateError as wrong:
            said(wrong)
            continue
        assert decode_state(encode_state(found, **more), "f") == (found, more)


def audit(data: bytes) -> None:
    lines = data.splitlines(keepends=True)
    for some in (lines, _chained(lines)):
        found = verify("quickstart", iter(some))
        for event in events(found.entries):
            json.dumps(event)


def _chained(lines: list[bytes]) -> list[bytes]:
    """The same bodies, sealed anew."""
    chained: list[bytes] = []
    before = ""
    for line in lines:
        try:
            data = json.loads(line)
            data.pop("format")
            entry = Entry(**data | {"kind": Kind(data["kind"])})
            entry = sealed(replace(entry, previous=before or entry.previous, hash=""))
            chained.append(encode(entry))
        except (ValueError, TypeError, KeyError, RecursionError, AttributeError):
            return []
        before = entry.hash
    return chained


def checkpoint(data: bytes) -> None:
    read_checkpoint(data, "f")


def policy(data: bytes) -> None:
    old, _, new = data.partition(BETWEEN)
    paths = (_scratch("old", old), _scratch("new", new or old))
    told(compare_files(*paths, lambda: b"")[1])


def replies(data: bytes) -> None:
    """What a server, or whoever answers in its place, sends."""
    headers = http.client.HTTPMessage()
    for status in (200, 400, 403, 404, 429, 500, 503):
        reply = Reply(status, headers, data)
        document(reply)
        raised = failure(reply, "http://x", "GET", "a/b", reads=True)
        assert isinstance(raised, ProviderError)
        assert len(raised.message) < _LONGEST


def keys(data: bytes) -> None:
    path = _scratch("key", data)
    for read in (read_public_key, read_signing_key):
        try:
            read(path)
        except StateError:
            continue


def places(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        dsn.parse(f"postgresql://{text.removeprefix('postgresql://')}")
    finally:
        S3Store(f"s3://{text.removeprefix('s3://')}")


_JSON = (b'"', b"{", b"}", b"[", b"]", b",", b":", b"null", b"1e999", b"-1", b"NaN", b'"\\ud800"', b"9" * 4400)
_YAML = (b"- ", b": ", b"? ", b"{", b"}", b"[", b"]", b"&a ", b"*a", b"<<: ", b"!!x ", b"|\n", b">\n", b"---\n", b"'")
_POLICY = (b'path "', b'" {\n', b"capabilities = [", b'"*"', b"+", b"<<EOT\n", b"EOT\n", b"/*", b"# ", b"${", b"?")

TARGETS: dict[str, Target] = {
    "specs": Target(specs, (Refused,), (*_YAML, b"\xe2\x80\xae", b"\x00", b"9" * 5000, b"ttl: 1h\n")),
    "connections": Target(connections, (), (*_YAML, b"://", b"@", b"[::", b"%2f")),
    "plan": Target(plan, (), _JSON, json=True),
    "state": Target(state, (), _JSON, json=True),
    "audit": Target(audit, (), _JSON, json=True),
    "checkpoint": Target(checkpoint, (StateError,), _JSON, json=True),
    "policy": Target(policy, (), (*_JSON, *_POLICY, BETWEEN)),
    "replies": Target(replies, (), _JSON, json=True),
    "keys": Target(keys, (), (b"-----BEGIN PRIVATE KEY-----\n", b"ENCRYPTED ", b"RSA ", b"=", b"\n")),
    "places": Target(places, (StateError,), (b"://", b"@", b"?", b"schema=", b"%", b"[", b"]", b":", b"/", b"&")),
}
