"""What secret engines hold and gave out: database roles, leases, secrets in KV by name and age. Never a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from providers.vault.names import DATABASE_ROLE, in_prefix
from providers.vault.resource import keys, text
from providers.vault.standing.gaps import Gaps
from providers.vault.standing.values import batches, moment, number
from reconciler.model import Holds, Standing, Value, Whose
from reconciler.provider import Rejected

if TYPE_CHECKING:
    from providers.vault.client import VaultClient

STATIC_ROLE = "vault_database_secret_backend_static_role"
LEASES = "vault_lease"
SECRET, SECRET_1 = "vault_kv_secret_v2", "vault_kv_secret"
_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Engines:
    """Reads secret engines of one server."""

    client: VaultClient
    gaps: Gaps

    def of(self, mount: str, entry: Mapping[str, Any]) -> Iterator[Standing]:
        """All of one mount, by what it is; mounts of other kinds hold or give nothing that is told of here."""
        kind = text(entry, "type")
        if kind == "database":
            yield from self._database(mount)
        if kind in {"kv", "generic"}:
            yield from self._kv(mount, second=(entry.get("options") or {}).get("version") == "2")
        elif kind not in {"system", "identity", "cubbyhole", "ns_system", "ns_identity", "ns_cubbyhole"}:
            yield from self._leases(mount)

    def _database(self, mount: str) -> Iterator[Standing]:
        dynamic = self.gaps.read(f"roles of {mount}", lambda: self.client.list(f"{mount}/roles"), None)
        for name in keys(dynamic):
            address = self.client.scope.address(DATABASE_ROLE, f"{mount}/roles/{name}")
            yield Standing(address, "dynamic database role", whose=Whose.DYNAMIC)
        what = f"static roles of {mount}"
        listed = self.gaps.read(what, lambda: self.client.list(f"{mount}/static-roles"), None)

        def one(name: str) -> Standing | None:
            found = self.gaps.read(what, lambda: self.client.get(f"{mount}/static-roles/{name}"), None)
            return None if found is None else self._static(f"{mount}/static-roles/{name}", found)

        for batch in batches(keys(listed)):
            yield from (made for made in self.client.each(one, batch) if made is not None)

    def _static(self, path: str, found: Mapping[str, Any]) -> Standing:
        facts: dict[str, Value] = {"username": text(found, "username"), "connection": text(found, "db_name")}
        return Standing(
            self.client.scope.address(STATIC_ROLE, path),
            "static database role",
            holds=Holds.ROTATED,
            created=moment(found.get("last_vault_rotation")),
            facts=facts | {"rotation_period": number(found, "rotation_period")},
        )

    def _leases(self, mount: str) -> Iterator[Standing]:
        """By the path under which they were given out, and by how long they live."""
        what = f"leases of {mount}"
        for folder, names in self._walk(f"sys/leases/lookup/{mount}", what):
            path = folder.removeprefix("sys/leases/lookup/")
            groups: dict[int, tuple[int, datetime | None]] = {}
            for batch in batches(names):
                for found in self.client.each(lambda name, path=path: self._lease(what, f"{path}/{name}"), batch):  # type: ignore[misc]
                    if found is not None:
                        hours, made = found
                        number_, oldest = groups.get(hours, (0, None))
                        groups[hours] = number_ + 1, min(filter(None, (oldest, made)), default=None)
            for hours, (count, oldest) in groups.items():
                yield self._given(path, hours, count, oldest)

    def _lease(self, what: str, lease: str) -> tuple[int, datetime | None] | None:
        """Hours that it lives, rounded up (0: without end), and when it was given out; None: it has ended since."""
        try:
            body = {"lease_id": lease}
            found = self.gaps.read(what, lambda: self.client.ask("sys/leases/lookup", body), None)
        except Rejected:
            return None
        if found is None:
            return None
        made, end = moment(found.get("issue_time")), moment(found.get("expire_time"))
        life = 0 if made is None or end is None else int((end - made).total_seconds())
        return -(-life // _HOUR), made

    def _given(self, path: str, hours: int, count: int, oldest: datetime | None) -> Standing:
        ours = "/creds/" in path and in_prefix(path.partition("/creds/")[2], self.client.scope.settings)
        return Standing(
            self.client.scope.address(LEASES, f"{path} {hours}h" if hours else path),
            "lease",
            whose=Whose.DYNAMIC if ours else Whose.STANDING,
            count=count,
            holds=Holds.CREDENTIAL,
            created=oldest,
            life=hours * _HOUR or None,
            endless=not hours,
        )

    def _kv(self, mount: str, *, second: bool) -> Iterator[Standing]:
        what, root = f"secrets in {mount}", f"{mount}/metadata" if second else mount

        def one(path: str) -> Standing | None:
            if not second:
                return Standing(self.client.scope.address(SECRET_1, path), "stored secret", holds=Holds.STORED)
            found = self.gaps.read(what, lambda: self.client.get(path), None)
            return None if found is None else self._secret(mount, path.removeprefix(f"{root}/"), found)

        for folder, names in self._walk(root, what):
            for batch in batches(names):
                paths = [f"{folder}/{name}" for name in batch]
                yield from (made for made in self.client.each(one, paths) if made is not None)

    def _secret(self, mount: str, path: str, found: Mapping[str, Any]) -> Standing:
        facts: dict[str, Value] = {"made": text(found, "created_time"), "version": number(found, "current_version")}
        return Standing(
            self.client.scope.address(SECRET, f"{mount}/data/{path}"),
            "stored secret",
            holds=Holds.STORED,
            created=moment(found.get("updated_time")),
            facts=facts,
        )

    def _walk(self, root: str, what: str) -> Iterator[tuple[str, list[str]]]:
        """Each folder with the names in it, folder by folder."""
        waiting = [root]
        while waiting:
            folder = waiting.pop()
            listed = self.gaps.read(what, lambda folder=folder: self.client.list(folder), None)  # type: ignore[misc]
            names = [str(name) for name in (listed or {}).get("keys") or ()]
            waiting += [f"{folder}/{name.rstrip('/')}" for name in names if name.endswith("/")]
            if plain := [name for name in names if not name.endswith("/")]:
                yield folder, plain
