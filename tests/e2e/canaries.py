"""Fifty-odd secrets, each in a place where one can be put, all different."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.e2e.gossip import forms
from tests.servers import World
from tests.zygote import PLANTED

PLACES = (
    # Logins by the environment
    "VAULT_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PGPASSWORD",
    "state-url-password",
    "GITHUB_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "CI_JOB_TOKEN",
    "VENDOR_API_KEY",
    "MAIL_PASSWORD",
    "proxy-url-password",
    "database-url-password",
    # Logins by files
    "token_file",
    "passfile",
    "aws-shared-secret",
    "aws-shared-token",
    "secret_id_file",
    "service-file-password",
    # Logins by variables and commands that the connections file names
    "token_env",
    "password_env",
    "aws-config-secret",
    "aws-config-token",
    "token_command",
    "secret_id_env",
    "secret_id_command",
    # The state's place
    "state-passfile",
    "s3-secret",
    "s3-token",
    # Logins that are refused
    "wrong-vault-token",
    "wrong-pg-password",
    "wrong-state-password",
    # Where none belongs: the connections file
    "vault-login-token",
    "vault-login-secret_id",
    "vault-login-jwt",
    "vault-address-password",
    "aws-secret_access_key",
    "aws-session_token",
    "aws-endpoint-password",
    "pg-password",
    "pg-sslpassword",
    "jwks-url-password",
    # … the specs, the command line
    "spec-purpose",
    "spec-unknown-field",
    "spec-url",
    "option-state-password",
    # What somebody left in live objects
    "left-in-a-comment",
    "left-in-a-description",
    "left-in-a-tag",
    "left-in-metadata",
    # What the systems hold and don't give
    "minter-password",
    "database-config-password",
)


_MISPLACED = PLACES[PLACES.index("vault-login-token") : PLACES.index("option-state-password")]
_LEFT = PLACES[PLACES.index("left-in-a-comment") :]
_ANY_CHARACTER = {
    "AWS_SECRET_ACCESS_KEY",
    "PGPASSWORD",
    "state-url-password",
    "VENDOR_API_KEY",
    "MAIL_PASSWORD",
    "proxy-url-password",
    "database-url-password",
    "aws-shared-secret",
    "password_env",
    "wrong-pg-password",
}


def canary(place: str) -> str:
    """Distinct; with characters that URLs, JSON and base64 write in their own ways, where the place takes them."""
    number = PLACES.index(place)
    odd = "/é+'\"%" if place in _ANY_CHARACTER else ""
    return f"Canary{number:02d}{odd}x{place[::-1].replace('-', '').replace('_', '')}Q{number * 7919 % 997}"


SECRETS: Mapping[str, str] = {place: canary(place) for place in PLACES}


@dataclass
class Stage:
    """Runs commands with the gossip in them; knows what they printed and which canaries were in play."""

    world: World
    folder: Path
    """Of the taps, and of what is planted: not searched."""
    extra: dict[str, str] = field(default_factory=dict)
    """Secrets that are known only once the servers gave them."""
    played: set[str] = field(default_factory=set)
    leaks: set[tuple[str, str]] = field(default_factory=set)
    """Name of a canary, and where it was found."""
    _number: int = 0

    @property
    def secrets(self) -> dict[str, str]:
        return {**SECRETS, **self.extra}

    def run(self, *arguments: str, ending: str = "", broken: Iterable[str] = (), **env: str) -> tuple[int, str]:
        """Run it, note what was in play, and look for leaks. Returns the exit code and all that it printed."""
        self._number += 1
        tap, asked = self.folder / f"tap-{self._number}", self.folder / f"asked-{self._number}"
        tap.touch()
        asked.write_text(
            json.dumps(
                {
                    "tap": str(tap),
                    # What no login uses is told by its look and its place only: bare, it is a text as any other.
                    "canaries": [one for name, one in self.secrets.items() if name not in (*_MISPLACED, *_LEFT)],
                    "ending": ending,
                    "broken": list(broken),
                }
            )
        )
        done = self.world.writ(*arguments, **{PLANTED: f"tests.e2e.gossip:{asked}"}, **env)
        printed = done.stdout + done.stderr
        seen = tap.read_text("utf-8", "replace")
        in_play = {name for name, secret in self.secrets.items() if any(form in seen for form in forms(secret))}
        self.played |= in_play
        self.look(printed, f"printed by {arguments[0]}")
        return done.returncode, printed

    def look(self, text: str, where: str) -> None:
        for name, secret in self.secrets.items():
            if any(form in text for form in forms(secret)):
                self.leaks.add((name, where))

    def look_at_files(self) -> None:
        """In the folder where it ran: state, plans, audit record, logs."""
        for path in self.world.cwd.rglob("*"):
            if path.is_file():
                self.look(path.read_bytes().decode("utf-8", "replace"), str(path.relative_to(self.world.cwd)))

    def connections(self, **systems: Mapping[str, Any]) -> str:
        """A connections file outside of the folder that is searched; None leaves a field out."""

        file: Any = yaml.safe_load(self.world.connections.read_text())
        issuers = systems.pop("issuers", None)
        for name, block in systems.items():
            system = name.replace("_", "-")
            merged = file["spec"]["systems"][system] | block
            file["spec"]["systems"][system] = {key: value for key, value in merged.items() if value is not None}
        if issuers:
            file["spec"]["issuers"] = issuers
        path = self.folder / f"connections-{len(list(self.folder.glob('connections-*')))}.yaml"
        path.write_text(yaml.safe_dump(file, allow_unicode=True))
        return str(path)

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)
