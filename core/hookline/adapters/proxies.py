"""Say which proxy a call goes through, from HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or small letters.

They are read as curl, Go and others read them. aiohttp's own reading (``trust_env``) knows no ports, networks or
asterisks in NO_PROXY and asks this very machine through a proxy.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Self
from urllib.parse import unquote, urlsplit

from ..errors import ProxyError
from ..pasting import trimmed

_SCHEMES = {"http": 80, "https": 443}
_SEPARATORS = re.compile(r"[,;\s]+")
_PORT = re.compile(r":(\d+)\Z")


@dataclass(frozen=True, slots=True)
class Proxy:
    """Hold a proxy. ``url`` has no credentials, so that it may be shown; ``name`` is host and port.

    ``authorization`` is the header by which it lets us through, if it asks for one.
    """

    url: str
    name: str
    authorization: str | None = field(default=None, repr=False)

    @classmethod
    def read(cls, variable: str, value: str) -> Proxy:
        """Return the proxy that *value* of *variable* names; raise ProxyError when it can't be used."""
        text = trimmed(value)
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            port = parts.port or _SCHEMES[parts.scheme]
            if not parts.hostname or parts.scheme not in _SCHEMES:
                raise ValueError
        except (ValueError, KeyError):  # of the port, too
            wanted = "expected http://HOST:PORT, with USER:PASSWORD@ before HOST where the proxy asks for it"
            raise ProxyError(f"`{variable}` names no proxy that can be used; {wanted}") from None
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        name = f"{host}:{port}"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        return cls(f"{parts.scheme}://{name}", name, _basic(user, password) if user or password else None)


@dataclass(frozen=True, slots=True)
class Proxies:
    """Hold what the environment says: the variables that name proxies, with their values, and what is excepted."""

    named: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    exceptions: Sequence[_Exception] = ()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Return the proxies of *environment*; a variable in small letters counts before one in capitals."""
        named = {}
        for scheme in _SCHEMES:
            variable, value = _asked(environment, f"{scheme}_proxy")
            if value:
                named[scheme] = variable, value
        _, excepted = _asked(environment, "no_proxy")
        return cls(named, [_Exception.read(entry) for entry in _SEPARATORS.split(excepted) if entry])

    def way(self, scheme: str, host: str, port: int | None) -> Proxy | None:
        """Return the proxy to *host*, or None where there is none; raise ProxyError when it can't be used."""
        variable, value = self.named.get(scheme, ("", ""))
        plain = host.lower().strip("[]").removesuffix(".")
        if not value or _is_this_machine(plain) or any(one.fits(plain, port) for one in self.exceptions):
            return None
        return Proxy.read(variable, value)


@dataclass(frozen=True, slots=True)
class _Exception:
    """Hold an entry of NO_PROXY: a network, or a host with all below it, at one port or at any."""

    host: str
    port: int | None = None
    network: IPv4Network | IPv6Network | None = None

    @classmethod
    def read(cls, entry: str) -> Self:
        """Read one entry; whatever it says, it is one."""
        text = entry.lower()
        network = _network(text)
        if network is not None:
            return cls("", network=network)
        text = text.rpartition("://")[2].partition("/")[0]  # people paste whole addresses
        found = _PORT.search(text)
        host = text[: found.start()] if found else text
        host = host.strip("[]").removeprefix("*").removeprefix(".").removesuffix(".")
        return cls(host, int(found[1]) if found else None)

    def fits(self, host: str, port: int | None) -> bool:
        """Say whether *host* at *port* is excepted; an entry that is nothing but an asterisk excepts all."""
        if self.network is not None:
            return _is_in(host, self.network)
        if self.port not in (None, port):
            return False
        return self.host in ("", host) or (host.endswith(f".{self.host}") and _network(host) is None)


def _basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


def _asked(environment: Mapping[str, str], name: str) -> tuple[str, str]:
    """Return which variable says *name*, and what; an empty one in small letters switches the other off."""
    variable = name if name in environment else name.upper()
    return variable, trimmed(environment.get(variable, ""))


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text.strip("[]"), strict=False)
    except ValueError:
        return None


def _is_in(host: str, network: IPv4Network | IPv6Network) -> bool:
    try:
        return ip_address(host) in network
    except ValueError:
        return False


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
