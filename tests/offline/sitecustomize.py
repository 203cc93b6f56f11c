"""Let no socket leave this machine: Python imports this at its start wherever the folder is on its path.

It watches the audit events of Python's own sockets (https://docs.python.org/3/library/audit_events.html); uvloop's
raise none.
"""

from __future__ import annotations

import ipaddress
import socket
import sys
from typing import Any

LOCAL_NAMES = ("", "localhost", "ip6-localhost")


class OfflineError(PermissionError):
    """Say that something wanted to leave this machine."""


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Raise OfflineError when a socket is to reach anything but loopback."""
    if event in ("socket.connect", "socket.sendto"):
        connection, address = arguments
        if connection.family in (socket.AF_INET, socket.AF_INET6):
            _ensure_local(str(address[0]), event)
    elif event == "socket.getaddrinfo":
        host = arguments[0]
        _ensure_local(host.decode() if isinstance(host, bytes) else str(host or ""), event)


def _ensure_local(host: str, event: str) -> None:
    try:
        is_local = ipaddress.ip_address(host.partition("%")[0]).is_loopback or host in ("0.0.0.0", "::")
    except ValueError:
        is_local = host in LOCAL_NAMES or host == socket.gethostname()
    if not is_local:
        raise OfflineError(f"{event} to {host}: tests talk to loopback only")


sys.addaudithook(watch)
