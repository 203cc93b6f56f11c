"""Hold every error that hookline raises on purpose.

::

    HooklineError
    ├── ConfigError              bot.yaml or a plugin's settings are wrong; carries all findings
    ├── EditError                a configuration file can't be edited safely, so it was left alone
    ├── PluginError              a plugin can't be loaded or registers something impossible
    ├── StoreError
    │   ├── StoreBusyError       another process writes to the same file
    │   ├── StoreClosedError     the store was closed
    │   └── SchemaError          the file was written by a newer hookline
    ├── NewerCodeError           the configuration needs other code than this process has loaded
    ├── SwitchError              what shall be switched on or off isn't there
    ├── UnknownBotError          it isn't clear which bot is meant, or there is none of that name
    ├── MissingExtraError        a package of one of hookline's extras is needed and isn't installed
    ├── NotAWebhookError         a signed body that isn't what the platform sends
    ├── HandlerError             what a handler returned or did can't be carried out
    │   ├── AnswerError          what is answered can't be sent, however often it is tried
    │   ├── TooLargeError        what is to be kept is larger than what is kept
    │   ├── HandlerTimeoutError  a handler passed its deadline
    │   └── StaleContextError    a Context was used after its attempt had ended
    ├── ProxyError               the environment names a proxy that can't be used
    ├── SaveError                what somebody sent can't be written where it shall be kept
    ├── PlatformError            a call to the platform's API failed
    │   └── ContentError         what somebody sent can't be had, however often it is asked for
    └── UnsettledError           a bot under test has not come to rest in time; a TimeoutError, too
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .findings.findings import Finding


class HooklineError(Exception):
    """Be the root of the tree, for callers that catch them all."""


class ConfigError(HooklineError):
    """Say that the configuration can't be used; *findings* has every mistake that was found."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = list(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))

    def errors(self) -> list[Finding]:
        """Return those of the findings that stop a host."""
        return [finding for finding in self.findings if finding.severity == "error"]


class EditError(HooklineError):
    """Say that a file can't be edited safely; it was left alone. *finding* has the place and what to do."""

    def __init__(self, finding: Finding) -> None:
        self.finding = finding
        super().__init__(f"{finding}\nhint: {finding.hint}")


class PluginError(HooklineError):
    """Say that *plugin* can't be loaded or registers something impossible; *where* is the line of it that failed."""

    what = "plugin"

    def __init__(self, plugin: str, message: str, where: str | None = None) -> None:
        self.plugin = plugin
        self.where = where
        super().__init__(f"{self.what} `{plugin}`: {message}")


class AdapterError(PluginError):
    """Say the same of an adapter."""

    what = "adapter"


class StoreError(HooklineError):
    """Say that the store can't do what was asked."""


class StoreBusyError(StoreError):
    """Say that another process writes to the same file."""


class StoreClosedError(StoreError):
    """Say that the store was closed; nothing can be done with it any more."""


class SchemaError(StoreError):
    """Say that the store's schema is one that this version doesn't know."""


class NewerCodeError(HooklineError):
    """Say that the configuration needs other code than this process has loaded, and which."""


class SwitchError(HooklineError):
    """Say that what shall be switched on or off isn't there."""


class UnknownBotError(HooklineError):
    """Say that it isn't clear which bot is meant, or that there is none of that name."""


class MissingExtraError(HooklineError):
    """Say that *what* needs the packages of the extra *extra*."""

    def __init__(self, what: str, extra: str, distribution: str = "hookline") -> None:
        self.extra = extra
        wanted = f"{distribution}[{extra}]" if extra else distribution
        super().__init__(f"{what} isn't installed; `pip install '{wanted}'` brings it")


class NotAWebhookError(HooklineError):
    """Say that a correctly signed body isn't a webhook of its platform."""


class HandlerError(HooklineError):
    """Say that what a handler returned or did can't be carried out."""


class AnswerError(HandlerError):
    """Say what the platform would refuse in an answer; another run would answer the same."""


class TooLargeError(HandlerError):
    """Say that what is to be kept is too large; another run would come to the same, unless a handler decides it."""


class HandlerTimeoutError(HandlerError):
    """Say that a handler passed its deadline."""


class StaleContextError(HandlerError):
    """Say that a Context was used after its attempt had ended."""


class ProxyError(HooklineError):
    """Say that the environment names a proxy that can't be used."""


class SaveError(HooklineError):
    """Say that what somebody sent can't be written where it shall be kept, and why."""


class PlatformError(HooklineError):
    """Say that a call to the platform's API failed; *status* is None when no answer came."""

    def __init__(self, message: str, status: int | None = None, request_id: str | None = None) -> None:
        self.status = status
        self.request_id = request_id
        super().__init__(message)


class ContentError(PlatformError):
    """Say that what somebody sent can't be had, however often it is asked for: too large, gone, kept elsewhere."""


class UnsettledError(HooklineError, TimeoutError):
    """Say that a bot under test has not come to rest in time, and what it still does."""
