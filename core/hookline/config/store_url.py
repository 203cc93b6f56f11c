"""Look at the address of a store: whether it is one, and whether a password stands in it."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit

MAX_PORT = 65535
_PASSWORD = re.compile(r"://[^/@${}]*:(?!\$\{\w+\}@)[^@]+@|[?&]password=(?!\$\{\w+\}(?:&|$))", re.IGNORECASE)


def address_fault(url: str) -> str | None:
    """Say what is wrong with the address in *url*, or return None; never what stands there: it may be a password.

    A ``postgresql://`` URL may name several hosts, and sockets: https://www.postgresql.org/docs/current/libpq-connect.html
    """
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query, strict_parsing=True) if parts.query else {}
    except ValueError:
        return "this URL can't be read"
    hosts = parts.netloc.partition("@")[2] if "@" in parts.netloc else parts.netloc
    each = [host for listed in (hosts, *query.get("host", [])) if listed for host in listed.split(",")]
    ports = [_port_in(host) for host in each]
    ports += [port for listed in query.get("port", []) for port in listed.split(",")]
    if not all(each):
        return "a host is empty"
    if not all(map(_is_port, ports)):
        return f"a port must be a number from 1 to {MAX_PORT}"
    return None


def _port_in(host: str) -> str | None:
    """Return the port after *host*, or None; an address in brackets has colons of its own, a socket has no port."""
    if host.startswith("/"):
        return None
    return unquote(host.rpartition("]")[2].partition(":")[2]) or None


def _is_port(port: str | None) -> bool:
    return port is None or (port.isascii() and port.isdigit() and 1 <= int(port[:6]) <= MAX_PORT)


def holds_password(written: str) -> bool:
    """Say whether a password stands in *written* itself, not as ``${VAR}``."""
    return _PASSWORD.search(written) is not None


def passwords_in(url: str) -> set[str]:
    """Return the password of *url*, as written and as meant."""
    found = [*re.findall(r"://[^/@]*?:([^@]+)@", url), *re.findall(r"[?&]password=([^&]+)", url)]
    return {form for password in found for form in (password, unquote(password))}
