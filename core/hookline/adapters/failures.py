"""Tell failures in which nothing can have been sent from those of which nobody knows."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterator
from json import JSONDecodeError

from pydantic import ValidationError

from .deliveries import Verdict
from .http import NOTHING_SENT, THROUGH


def unsent(error: BaseException) -> Verdict | None:
    """Return the verdict on an attempt that ended with *error* before a byte could leave; None when one may have.

    Where there was no connection another attempt may find one; what can't be put into a request never can.
    """
    for each in _causes(error):
        if _is_unconnected(each):
            return Verdict("again", _no_connection(each))
        if _is_unsendable(each):
            # Only the kind is told: clients quote the header, and so the token, or the address that is wrong.
            return Verdict("refused", f"it can't be put into a request ({type(each).__name__}); nothing was sent")
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield *error* and what it was raised from; not what merely went before, which may be another attempt's."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__


def _is_unconnected(error: BaseException) -> bool:
    import aiohttp  # lazy: as in HttpClient

    before = (
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.ClientHttpProxyError,
        ConnectionRefusedError,
        socket.gaierror,
    )
    return isinstance(error, before) or NOTHING_SENT in _notes(error) or _is_out_of_means(error)


def _is_out_of_means(error: BaseException) -> bool:
    """Say whether this machine had no descriptor for a connection, or no thread to look an address up in."""
    if isinstance(error, OSError):
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return isinstance(error, RuntimeError) and str(error) == "can't start new thread"


def _is_unsendable(error: BaseException) -> bool:
    """Say whether *error* is about a header, an address or a body; all but these are ValueErrors about an answer."""
    import aiohttp  # lazy: as in HttpClient

    of_answers = (JSONDecodeError, UnicodeDecodeError, ValidationError, aiohttp.RedirectClientError)
    return isinstance(error, (ValueError, aiohttp.NonHttpUrlClientError)) and not isinstance(error, of_answers)


def _no_connection(error: BaseException) -> str:
    import aiohttp  # lazy: as in HttpClient

    match error:
        case aiohttp.ClientProxyConnectionError():
            return f"no connection to the proxy {error.host}:{error.port} ({_why(error)})"
        case _ if proxy := next((note for note in _notes(error) if note.startswith(THROUGH)), ""):
            return f"no connection {proxy} ({_why(error)})"
        case aiohttp.ClientConnectorError():
            return f"no connection to {error.host}:{error.port} ({_why(error)})"
    return f"no connection ({_why(error)})"


def _why(error: BaseException) -> str:
    import aiohttp  # lazy: as in HttpClient

    match error:
        case TimeoutError() | asyncio.CancelledError():  # a time-out cancels what it is raised from
            return "timed out"
        case aiohttp.ClientHttpProxyError():
            return f"{error.status} {error.message}".strip()
        case OSError() if error.strerror:
            return error.strerror
    is_ours = type(error) is aiohttp.ClientConnectionError  # it says what is wrong with the proxy's address
    return str(error) if is_ours else type(error).__name__


def _notes(error: BaseException) -> list[str]:
    return getattr(error, "__notes__", [])
