"""Signed plans: only what was signed, in every byte, by the key that is required."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from reconciler.model import Action, Address, Cause, Change, Origin, Plan, Resource, SystemRecord
from reconciler.state.errors import KeyFileError, NotSigned, PlanFileError
from reconciler.state.planfile import is_plan, load_plan, read_saved, save_plan
from reconciler.state.signing import PublicKey, SigningKey, read_public_key, read_signing_key
from reconciler.workflow.saved import Watch, out_of_time

AT = Address("db", "role", "ä")
CHANGE = Change(
    AT, Action.CREATE, Cause.SPEC, None, Resource(AT, {"size": 1, "texts": ["a", "\u2028"]}), origin=Origin("a test")
)
PLAN = replace(
    Plan("production", datetime(2026, 1, 1, tzinfo=UTC), "d", "l", 1, (SystemRecord("db", "postgres", {}),), (CHANGE,)),
    expires=datetime(2026, 1, 2, tzinfo=UTC),
)


def write_pair(folder: Path, name: str = "key") -> tuple[Path, Path]:
    """A private and a public key as openssl writes them."""
    key, public = folder / name, folder / f"{name}.pub"
    made = Ed25519PrivateKey.generate()
    key.write_bytes(made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key.chmod(0o600)
    public.write_bytes(made.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    public.chmod(0o644)
    return key, public


@pytest.fixture
def pair(tmp_path: Path) -> tuple[SigningKey, PublicKey]:
    key, public = write_pair(tmp_path)
    (signing, none), (known, nothing) = read_signing_key(key), read_public_key(public)
    assert none == nothing == ()
    return signing, known


@pytest.fixture
def file(tmp_path: Path, pair: tuple[SigningKey, PublicKey]) -> Path:
    save_plan(PLAN, tmp_path / "plan", pair[0])
    return tmp_path / "plan"


def test_a_signed_plan_is_read_by_whoever_has_the_key(file: Path, pair: tuple[SigningKey, PublicKey]) -> None:
    saved = read_saved(file, pair[1])
    assert (saved.plan, saved.signer) == (PLAN, pair[1])
    assert read_saved(file).signer == pair[1]


@pytest.mark.parametrize("required", [True, False])
def test_a_thousand_flipped_bytes_are_refused(
    file: Path, pair: tuple[SigningKey, PublicKey], *, required: bool
) -> None:
    whole, dice = file.read_bytes(), random.Random(7)
    for _ in range(1000):
        damaged = bytearray(whole)
        damaged[dice.randrange(len(whole))] ^= dice.randrange(1, 256)
        file.write_bytes(damaged)
        with pytest.raises(PlanFileError):
            read_saved(file, pair[1] if required else None)


def test_every_truncation_and_every_addition_is_refused(file: Path, pair: tuple[SigningKey, PublicKey]) -> None:
    whole = file.read_bytes()
    changed = [whole[:length] for length in range(len(whole))]
    changed += [whole[length:] for length in range(1, len(whole), 7)]
    changed += [whole + more for more in (b" ", b"\n", b"\0", b"{}", whole)]
    changed += [b" " + whole, b"\xef\xbb\xbf" + whole, b"\n" + whole]
    for content in changed:
        file.write_bytes(content)
        with pytest.raises(PlanFileError):
            read_saved(file, pair[1])


def _reversed(outer: dict[str, object]) -> str:
    return json.dumps(dict(reversed(outer.items())))


def _twice(outer: dict[str, object]) -> str:
    return json.dumps(outer)[:-1] + f', "plan": {json.dumps(outer["plan"])}}}'


def _more(outer: dict[str, object]) -> str:
    return json.dumps(outer | {"note": "x"})


REWRITTEN: dict[str, Callable[[dict[str, object]], str]] = {
    "indented": lambda outer: json.dumps(outer, indent=1),
    "without spaces": lambda outer: json.dumps(outer, separators=(",", ":")),
    "in another order": _reversed,
    "not escaped": lambda outer: json.dumps(outer, ensure_ascii=False),
    "a key twice": _twice,
    "a key more": _more,
}


@pytest.mark.parametrize("way", REWRITTEN)
def test_the_same_json_written_otherwise_is_refused(file: Path, pair: tuple[SigningKey, PublicKey], way: str) -> None:
    text = REWRITTEN[way](json.loads(file.read_text()))
    assert text != file.read_text()
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(PlanFileError):
        read_saved(file, pair[1])
    with pytest.raises(PlanFileError):
        load_plan(file)


def test_it_is_still_known_as_a_plan_when_it_was_indented(file: Path) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()), indent=2))
    assert is_plan(file), "else it would be taken for a spec"


def _forged(outer: dict[str, object], change: Callable[[dict[str, object]], object]) -> str:
    """With a digest that fits: whoever can write the file can compute it."""
    change(outer)
    fields = {name: outer[name] for name in ("format", "plan", "signature")}
    return json.dumps(fields | {"sha256": hashlib.sha256(json.dumps(fields).encode()).hexdigest()})


def test_a_forged_body_with_a_fitting_digest_is_refused(file: Path, pair: tuple[SigningKey, PublicKey]) -> None:
    original = json.loads(file.read_text())
    wide = original["plan"].replace('"size": 1', '"size": 2')
    assert wide != original["plan"]
    file.write_text(_forged(dict(original), lambda outer: outer.update(plan=wide)))
    for required in (None, pair[1]):
        with pytest.raises(NotSigned, match="changed after it was signed"):
            read_saved(file, required)
    file.write_text(_forged(dict(original), lambda outer: outer.update(plan=wide, signature=None)))
    assert load_plan(file) != PLAN, "an unsigned plan is as its author wrote it"
    with pytest.raises(NotSigned, match="isn't signed"):
        read_saved(file, pair[1])
    file.write_text(_forged(dict(original), lambda outer: outer))
    assert read_saved(file, pair[1]).plan == PLAN, "the forger of this test forges well"


def test_another_keys_signature_is_refused(tmp_path: Path, file: Path, pair: tuple[SigningKey, PublicKey]) -> None:
    other, _ = read_signing_key(write_pair(tmp_path, "other")[0])
    save_plan(PLAN, tmp_path / "theirs", other)
    with pytest.raises(NotSigned, match=other.public.fingerprint):
        read_saved(tmp_path / "theirs", pair[1])
    theirs = json.loads((tmp_path / "theirs").read_text())["signature"]["value"]
    forged = _forged(json.loads(file.read_text()), lambda outer: outer["signature"].update(value=theirs))  # type: ignore[attr-defined]
    file.write_text(forged)
    with pytest.raises(NotSigned, match="changed after"):
        read_saved(file, pair[1])


def test_a_fingerprint_is_openssls(tmp_path: Path) -> None:
    made = subprocess.run(["openssl", "version"], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("there is no openssl")
    key, public = tmp_path / "k", tmp_path / "k.pub"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)], check=True)
    subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout", "-out", str(public)], check=True)
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-in", str(public), "-outform", "DER"], check=True, capture_output=True
    ).stdout
    assert read_public_key(public)[0].fingerprint == hashlib.sha256(der).hexdigest()
    assert read_signing_key(key)[0].public == read_public_key(public)[0]


def test_a_key_that_others_can_use_is_told(tmp_path: Path) -> None:
    key, public = write_pair(tmp_path)
    key.chmod(0o640)
    public.chmod(0o664)
    for found in (read_signing_key(key)[1], read_public_key(public)[1]):
        (warned,) = found
        assert (warned.code, warned.severity.value) == ("W625", "warning")


def test_what_is_no_key_is_refused(tmp_path: Path) -> None:
    key, public = write_pair(tmp_path)
    made = Ed25519PrivateKey.generate()
    (tmp_path / "locked").write_bytes(
        made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))
    )
    rsa = generate_private_key(65537, 2048)
    (tmp_path / "rsa").write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "rsa.pub").write_bytes(rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "text").write_text("hello")
    for path in (public, tmp_path / "locked", tmp_path / "rsa", tmp_path / "text", tmp_path / "no", tmp_path):
        with pytest.raises(KeyFileError) as refused:
            read_signing_key(path)
        assert refused.value.help
        assert "PRIVATE" not in refused.value.message
    for path in (key, tmp_path / "rsa.pub", tmp_path / "text", tmp_path / "no", tmp_path):
        with pytest.raises(KeyFileError):
            read_public_key(path)


def test_a_plan_has_its_time() -> None:
    made = PLAN.created
    assert out_of_time(PLAN, made) == ()
    assert out_of_time(PLAN, made + timedelta(hours=23, minutes=59)) == ()
    (late,) = out_of_time(PLAN, made + timedelta(hours=24))
    assert (late.code, late.message.split(";")[0]) == ("W623", "this plan expired at 2026-01-02T00:00:00+00:00")
    assert out_of_time(PLAN, made - timedelta(seconds=30)) == (), "clocks differ a little"
    (early,) = out_of_time(PLAN, made - timedelta(minutes=2))
    assert early.message.startswith("this plan was made in the future: at 2026-01-01T00:00:00+00:00")


def test_within_a_run_time_is_what_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = [100.0]
    monkeypatch.setattr("reconciler.workflow.saved.ticking", lambda: ticks[0])
    watch = Watch(datetime.now(UTC), ticks[0])
    assert abs(watch.now() - datetime.now(UTC)) < timedelta(minutes=1)
    ticks[0] += 3600
    assert watch.now() == watch.began + timedelta(hours=1)
