"""slapd on loopback, from Debian's package of that name: with a configuration, data and a socket of its own.

The operator comes over a Unix socket that only this user may enter, without a password (SASL EXTERNAL), and has
exactly the rules that ``writ permissions apply`` prints, and sees who is connected. All else needs the password of
``cn=admin``.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from providers.ldap.client import LdapClient
from providers.ldap.connection import LdapConnection
from providers.ldap.dn import parent_of, parse
from providers.ldap.entry import Modification
from providers.ldap.ldif import entries_of
from providers.ldap.login import connect
from providers.ldap.permissions import limits, rules, suffix
from providers.ldap.settings import LdapSettings
from reconciler.provider import Conflict, LocalServer, LocalWorld, Prepared, ProviderError, Scope
from reconciler.provider.folder import ClaimedFolder
from reconciler.provider.local import LocalServerError
from reconciler.provider.process import ChildProcess, free_port

OPERATOR = "cn=iam-operator,cn=writ"
"""Who the operator is there: a login without an entry."""
ADMIN = "cn=admin,cn=config"
_SHORT = Path("/tmp")  # noqa: S108 - a fresh folder is made in it
_SOCKET_LIMIT = 100
_PLACES = "/usr/sbin:/usr/local/sbin:/sbin"
_SCHEMAS = Path("/etc/ldap/schema")
_MODULES = Path("/usr/lib/ldap")
_INSTALL = "apt-get install slapd"
_ORDER = re.compile(r"^\{-?\d+\}")
_BYTES = 64 * 1024 * 1024

_CONFIG = """\
dn: cn=config
objectClass: olcGlobal
cn: config
olcAuthzRegexp: "gidNumber=[0-9]+[+]uidNumber={uid},cn=peercred,cn=external,cn=auth" "{operator}"
{tls}
dn: cn=module,cn=config
objectClass: olcModuleList
cn: module
olcModulePath: {modules}
olcModuleLoad: back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file://{schemas}/core.ldif
include: file://{schemas}/cosine.ldif
include: file://{schemas}/nis.ldif
include: file://{schemas}/inetorgperson.ldif

dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcRootDN: {admin}
olcRootPW: {password}

dn: olcDatabase={{1}}monitor,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMonitorConfig
olcDatabase: {{1}}monitor
olcAccess: to * by dn.exact="{operator}" read
"""
_FIRST = 2
"""Number of the first database with data."""
_TLS = "olcTLSCertificateFile: {certificate}\nolcTLSCertificateKeyFile: {key}\n"


class LocalLdap(LocalServer):
    """One server with its data in a folder of its own."""

    provider = "ldap"

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        """``certificate`` and ``key`` (PEM): then it also speaks TLS."""
        self.certificate, self._key = certificate, key
        self._process: ChildProcess | None = None
        self._folder = Path()
        self._sockets = Path()
        self._borrowed: ClaimedFolder | None = None
        self._ports = (0, 0)
        self._version = ""
        self._databases: dict[str, str] = {}
        """Suffix → the database's entry in the configuration."""
        self.password = secrets.token_urlsafe(24)
        """Of cn=admin."""

    @property
    def missing(self) -> str:
        """Where Debian's slapd isn't installed."""
        there = _binary("slapd") and _binary("slapadd") and _SCHEMAS.is_dir()
        return "" if there else f"slapd isn't installed: {_INSTALL}"

    @property
    def version(self) -> str:
        """``OpenLDAP 2.5.13``, once started."""
        return f"OpenLDAP {self._version}".strip()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"ldap://127.0.0.1:{self._ports[0]}"

    @property
    def secure(self) -> str:
        """Where it listens by TLS, if it has a certificate for it."""
        return f"ldaps://localhost:{self._ports[1]}"

    @property
    def pids(self) -> tuple[int, ...]:
        """The server's process."""
        return (self._process.pid,) if self._process is not None and self._process.running else ()

    def start(self, folder: Path) -> None:
        """Make a configuration and start it."""
        if self.missing:
            raise LocalServerError(self.missing)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.resolve()
        self._sockets = self._place()
        self._ports = (free_port(), free_port())
        self._configure()
        urls = [self._socket_url, self.endpoint]
        urls += [f"ldaps://127.0.0.1:{self._ports[1]}"] if self.certificate else []
        # -d keeps it in the foreground; 0 logs nothing.
        argv = [_binary("slapd"), "-d", "0", "-F", str(self._folder / "config"), "-h", " ".join(urls)]
        self._process = ChildProcess(argv, self._folder / "slapd.log", env=_environment())
        self._process.wait_until(self._answers, what="slapd")
        self._version = _version()

    def _place(self) -> Path:
        """A folder that only this user may enter, with a path short enough for a socket."""
        place = self._folder / "socket"
        if len(os.fsencode(place / "ldapi")) > _SOCKET_LIMIT:
            self._borrowed = ClaimedFolder(_SHORT, "writ-ldap-", 0o700)
            place = self._borrowed.path / "socket"
        place.mkdir(mode=0o700)
        return place

    def _configure(self) -> None:
        (self._folder / "config").mkdir(mode=0o700)
        tls = _TLS.format(certificate=self.certificate, key=self._key) if self.certificate else ""
        text = _CONFIG.format(
            uid=os.geteuid(), operator=OPERATOR, tls=tls, modules=_MODULES, schemas=_SCHEMAS, admin=ADMIN,
            password=self.password,
        )  # fmt: skip
        written = self._folder / "config.ldif"
        written.touch(mode=0o600)
        written.write_text(text, encoding="utf-8")
        argv = [_binary("slapadd"), "-n", "0", "-F", str(self._folder / "config"), "-l", str(written)]
        made = ChildProcess(argv, self._folder / "slapadd.log", env=_environment())
        made.wait_until(lambda: not made.running, what="slapadd")
        written.unlink()
        if not (self._folder / "config" / "cn=config.ldif").is_file():
            raise LocalServerError(f"slapadd failed:\n{made.log_tail()}")

    @property
    def _socket_url(self) -> str:
        return f"ldapi://{quote(str(self._sockets / 'ldapi'), safe='')}"

    @property
    def connection(self) -> dict[str, str]:
        """The operator's connection block: no password."""
        return {"url": self._socket_url, "method": "external"}

    def admin(self, suffix: str = "cn=config") -> LdapClient:
        """The administrator of a database. Raises ProviderError."""
        login = LdapConnection(url=self._socket_url, bind_dn=_root(suffix), password_env="PASSWORD")  # noqa: S106 - its name
        return LdapClient(self._socket_url, login, {"bind_dn": _root(suffix), "password": self.password}, _NOWHERE)

    def operator(self, scope: Scope[LdapSettings]) -> LdapClient:
        """The operator's login. Raises ProviderError."""
        return connect(scope, LdapConnection.model_validate(self.connection), {})

    def database_of(self, root: str) -> str:
        """The entry in the configuration of a suffix's database."""
        return self._databases[root]

    def _answers(self) -> bool:
        try:
            client = self.admin()
        except ProviderError:
            return False
        client.close()
        return True

    def prepare(self, scope: Scope[Any], world: LocalWorld, seed: Path | None) -> Prepared:  # noqa: ARG002
        """A database with the places of groups and accounts, its seed, and the operator's rights on it."""
        settings: LdapSettings = scope.settings
        try:
            root = suffix(settings.base)
            self._allow(self._databases.get(root) or self._database(root), settings)
            self._fill(root, settings, None if seed is None else seed / f"{scope.system}.ldif")
        except ProviderError as failed:
            raise LocalServerError(f"slapd can't be prepared: {failed}") from failed
        return Prepared(self.connection)

    def _database(self, root: str) -> str:
        """Its entry in the configuration."""
        number = len(self._databases) + _FIRST
        dn = self._databases[root] = f"olcDatabase={{{number}}}mdb,cn=config"
        data = self._folder / f"data-{number}"
        data.mkdir(mode=0o700)
        client = self.admin()
        client.add(
            dn,
            {
                "objectClass": ["olcDatabaseConfig", "olcMdbConfig"],
                "olcDatabase": [f"{{{number}}}mdb"],
                "olcSuffix": [root],
                "olcRootDN": [_root(root)],
                "olcRootPW": [self.password],
                "olcDbDirectory": [str(data)],
                "olcDbMaxSize": [str(_BYTES)],
                "olcDbNoSync": ["TRUE"],
                "olcDbIndex": ["objectClass eq", "uid eq"],
                "olcAccess": ["to * by * auth"],
            },
        )
        client.close()
        return dn

    def _allow(self, dn: str, settings: LdapSettings) -> None:
        """The operator's rules, before those that are there."""
        client = self.admin()
        try:
            entry = client.entry(dn, ["olcAccess"])
            there = {_ORDER.sub("", one) for one in (entry.all("olcAccess") if entry else ())}
            # Another environment of this directory may have brought some of them.
            new = [rule for rule in rules(settings, OPERATOR, writing=True) if rule not in there]
            given = [Modification("olcAccess", f"{{{at}}}{rule}", adds=True) for at, rule in enumerate(new)]
            if given:
                client.modify(dn, given)
            with suppress(Conflict):
                client.modify(dn, [Modification("olcLimits", limits(OPERATOR), adds=True)])
        finally:
            client.close()

    def _fill(self, root: str, settings: LdapSettings, seed: Path | None) -> None:
        client = self.admin(root)
        try:
            for dn in (settings.base, settings.accounts):
                for place in reversed(list(_up_to(dn, root))):
                    with suppress(Conflict):
                        client.add(place, _container(place))
            if seed is not None and seed.is_file():
                for dn, attributes in entries_of(seed.read_text(encoding="utf-8")):
                    with suppress(Conflict):  # of another environment that shares it
                        client.add(dn, attributes)
        finally:
            client.close()

    def stop(self) -> None:
        """End it, and remove what lies outside its folder."""
        if self._process is not None:
            self._process.stop()
        if self._borrowed is not None:
            self._borrowed.remove()
            self._borrowed = None


_NOWHERE = Scope("local", "local", LdapSettings(base="cn=config", accounts="cn=schema"))


def _root(suffix: str) -> str:
    return f"cn=admin,{suffix}"


def _up_to(dn: str, root: str) -> Iterator[str]:
    """The DN and those above it, to the database's root."""
    while dn:
        yield dn
        if dn == root:
            return
        dn = parent_of(dn)


_KINDS = {"dc": ("dcObject", "organization"), "ou": ("organizationalUnit",), "o": ("organization",)}


def _container(dn: str) -> dict[str, list[str]]:
    """An entry that holds others."""
    kind, name = parse(dn)[0][0]
    if kind not in _KINDS:
        raise LocalServerError(f"{dn}: the sandbox makes places named by {', '.join(_KINDS)}; have the seed make it")
    named = {kind: [name]} | ({"o": [name]} if kind == "dc" else {})
    return {"objectClass": ["top", *_KINDS[kind]], **named}


def _binary(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_PLACES}") or ""


def _version() -> str:
    """As slapd says it (slapd(8), -VV); empty where it says something else."""
    said = subprocess.run([_binary("slapd"), "-VV"], capture_output=True, text=True, check=False, timeout=10)
    found = re.search(r"slapd (\d+(?:\.\d+)+)", said.stdout + said.stderr)
    return found[1] if found else ""


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C"}
