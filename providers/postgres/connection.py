"""How to reach and log in to a server, in libpq's words (PostgreSQL documentation, 34.1.2 and 34.15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, model_validator

from specs.base import SpecModel, spec_error
from specs.fields import Int

_PASSWORDS = frozenset({"password", "sslpassword", "pgpassword", "passwd", "scram_client_key", "scram_server_key"})
_SSLMODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
_AUTHS = ("password", "md5", "gss", "sspi", "scram-sha-256", "oauth", "none")


def _sslmode(text: str) -> str:
    if text and text not in _SSLMODES:
        raise spec_error("W715", f"unknown sslmode {text!r}", f"one of {', '.join(_SSLMODES)}")
    return text


def _require_auth(text: str) -> str:
    for method in text.split(",") if text else ():
        if method.strip().removeprefix("!") not in _AUTHS:
            raise spec_error(
                "W715", f"unknown method {method.strip()!r} in require_auth", f"any of {', '.join(_AUTHS)}"
            )
    return text


class PostgresConnection(SpecModel):
    """Every field is libpq's of the same name. What is left out comes from libpq's environment (PGHOST, PGUSER, …)."""

    host: str = ""
    """A name, an address, or the folder of a Unix socket."""
    hostaddr: str = ""
    port: Annotated[Int | None, "port"] = None
    user: str = ""
    dbname: str = ""
    """Default: the system's ``database``. After the login it is compared with that."""
    service: str = ""
    """A section of the connection service file (pg_service.conf)."""
    passfile: str = ""
    """Default: PGPASSFILE, then ~/.pgpass."""
    password_env: str = ""
    """Name of the environment variable that holds the password. Default: PGPASSWORD."""
    sslmode: Annotated[str, AfterValidator(_sslmode)] = ""
    """verify-full is the only one that proves which server answers."""
    sslrootcert: str = ""
    sslcert: str = ""
    sslkey: str = ""
    sslcrl: str = ""
    require_auth: Annotated[str, AfterValidator(_require_auth)] = ""
    channel_binding: str = ""
    gssencmode: str = ""
    krbsrvname: str = ""
    options: str = ""
    target_session_attrs: str = ""

    @model_validator(mode="before")
    @classmethod
    def _refuse_passwords(cls, raw: Any) -> Any:
        for name in raw if isinstance(raw, Mapping) else ():
            if str(name).lower() in _PASSWORDS:
                raise spec_error(
                    "W714",
                    f"{name}: passwords don't belong in the connections file",
                    "use passfile, PGPASSWORD, password_env or a service",
                )
        return raw

    def parameters(self) -> dict[str, str]:
        """What is set, as libpq's parameters."""
        values = self.model_dump(exclude={"password_env"}, exclude_none=True)
        return {name: str(value) for name, value in values.items() if value != ""}
