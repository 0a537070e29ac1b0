"""How to reach and log in to a server. Holds names of secrets, never secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from specs.base import SpecModel, spec_error
from specs.fields import Int

_SECRETS = frozenset({"password", "passwd", "pwd", "mysql_pwd", "ssl_key_password"})
_WAYS = ("env", "file", "command")
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Command = Annotated[list[str], Field(min_length=1)]


class MysqlConnection(SpecModel):
    """What is left out comes from MYSQL_HOST, MYSQL_TCP_PORT, MYSQL_UNIX_PORT and MYSQL_PWD, as for MariaDB's tools.

    Over a network the connection is always encrypted and the server's certificate verified, by its name too.
    """

    host: str = ""
    """A name or an address; in clear on loopback only, unless ``ssl_ca`` is given."""
    port: Int | None = None
    """By default 3306."""
    socket: str = ""
    """The path of a Unix socket, instead of a host."""
    user: str = ""
    ssl_ca: str = ""
    """A PEM file; by default the machine's own certificates."""
    password_env: str = ""
    """A variable that holds the password. By default MYSQL_PWD, if it is set."""
    password_file: str = ""
    password_command: Command | None = None
    """A command line that prints the password; run without a shell, for at most 30 s."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, data: Any) -> Any:
        for name in data if isinstance(data, Mapping) else ():
            if str(name).lower() in _SECRETS:
                raise spec_error(
                    "W750",
                    f"{name}: a secret doesn't belong in this file",
                    "name where it is: password_env, password_file or password_command",
                )
        return data

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.socket and self.host:
            raise spec_error("W751", "both a socket and a host", "keep one of them")
        if self.socket and not self.socket.startswith("/"):
            raise spec_error("W751", "a socket is named by its whole path", "such as /run/mysqld/mysqld.sock")
        if self.port is not None and not 0 < self.port < 65536:
            raise spec_error("W751", "no such port", "1 to 65535")
        if len(self.sources) > 1:
            raise spec_error("W751", "more than one source for the password", "keep one of them")
        return self

    @property
    def sources(self) -> list[tuple[str, Any]]:
        """The given ones of ``password_env``, ``_file``, ``_command``: ways and values."""
        found = [(way, getattr(self, f"password_{way}")) for way in _WAYS]
        return [(way, value) for way, value in found if value]


def is_private(host: str) -> bool:
    """Whether what goes there in clear leaves this machine by no network."""
    return host in _LOOPBACK
