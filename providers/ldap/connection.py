"""The operator's connection to a directory: where it is and how to log in. Holds names of secrets, never secrets."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field, model_validator

from specs.base import SpecModel, spec_error
from specs.fields import Bool

_SECRETS = ("password", "bind_password", "bindpw")
_WAYS = ("env", "file", "command")
_HELP = "such as ldaps://ldap.example.com, or ldapi://%2Frun%2Fslapd%2Fldapi"
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def _url(text: str) -> str:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise spec_error("W730", "the url is not a URL", _HELP) from None
    if parts.username is not None or parts.password is not None:
        raise spec_error("W731", "credentials in a URL", "take them out of the url; log in with bind_dn")
    if parts.scheme == "ldapi":
        if not socket_of(text).startswith("/"):
            raise spec_error("W730", "an ldapi url names a socket by its whole path", _HELP)
        return text
    if parts.scheme not in {"ldap", "ldaps"} or not parts.hostname or port == 0:
        raise spec_error("W730", "the url is no ldaps, ldap or ldapi URL", _HELP)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise spec_error("W730", "the url has more than scheme, host and port", "the base is the Environment's")
    return text


def socket_of(url: str) -> str:
    """The path of an ldapi URL's socket."""
    return unquote(url.partition("://")[2].partition("?")[0])


Url = Annotated[str, AfterValidator(_url)]
Command = Annotated[list[str], Field(min_length=1)]


class LdapConnection(SpecModel):
    """Where a directory is. What is left out comes from LDAPURI, LDAPBINDDN and LDAPTLS_CACERT, as for ldapsearch."""

    url: Url | None = None
    """ldaps://, ldap:// with start_tls (in clear on loopback only), or ldapi:// for a socket. By default LDAPURI."""
    start_tls: Bool = False
    """Encrypt an ldap:// connection before anything else is said (RFC 4511, 4.14)."""
    ca_cert: str | None = None
    """A PEM file; by default LDAPTLS_CACERT, then the machine's own."""
    method: Literal["simple", "external"] = "simple"
    """external: we are who the socket of an ldapi:// url says that we are (RFC 4422, appendix A)."""
    bind_dn: str = ""
    """By default LDAPBINDDN."""
    password_env: str = ""
    """A variable that holds the password."""
    password_file: str = ""
    password_command: Command | None = None
    """A command line that prints the password; run without a shell, for at most 30 s."""

    @model_validator(mode="before")
    @classmethod
    def _no_secret(cls, data: Any) -> Any:
        for name in data if isinstance(data, dict) else ():
            if str(name).lower() in _SECRETS:
                raise spec_error(
                    "W731",
                    f"{name}: a secret doesn't belong in this file",
                    "name where it is: password_env, password_file or password_command",
                )
        return data

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if len(self.sources) > 1:
            raise spec_error("W732", "more than one source for the password", "keep one of them")
        if self.method == "external" and (self.sources or self.bind_dn):
            raise spec_error("W732", "method external takes no bind_dn and no password", "leave them out")
        if self.method == "external" and self.url and not self.url.startswith("ldapi:"):
            raise spec_error("W732", "method external is for an ldapi:// url", "use bind_dn and a password")
        if self.start_tls and self.url and not self.url.startswith("ldap:"):
            raise spec_error("W732", "start_tls is for an ldap:// url", "leave it out: this one needs none")
        return self

    @property
    def sources(self) -> list[tuple[str, Any]]:
        """The given ones of ``password_env``, ``_file``, ``_command``: ways and values."""
        found = [(way, getattr(self, f"password_{way}")) for way in _WAYS]
        return [(way, value) for way, value in found if value]


def is_private(url: str) -> bool:
    """Whether what goes over an unencrypted connection leaves this machine by no network."""
    parts = urlsplit(url)
    return parts.scheme == "ldapi" or parts.hostname in _LOOPBACK
