"""Know which addresses are Slack's own, since some of them come with what it posts."""

from __future__ import annotations

from urllib.parse import urlsplit

API_BASE = "https://slack.com/api"
_HOOKS = ("hooks.slack.com", "hooks.slack-gov.com")
_FILES = ("files.slack.com", "files.slack-gov.com")


class Hosts:
    """Say which addresses may be called: Slack's own, or those of whoever stands in for it at *base*.

    What is signed can't be forged. But whoever has the signing secret, or finds a platform's mistake, shall not make
    the bot call addresses inside its own network, nor be sent its token: files that live elsewhere have their address
    in ``url_private``, too.
    """

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self._is_slack = self.base == API_BASE

    def is_response_url(self, url: str) -> bool:
        """Say whether *url* takes answers to commands and buttons."""
        return self._is_at(url, _HOOKS)

    def is_file(self, url: str) -> bool:
        """Say whether *url* is where Slack keeps a file."""
        return self._is_at(url, _FILES)

    def _is_at(self, url: str, hosts: tuple[str, ...]) -> bool:
        if not (url.isascii() and url.isprintable() and " " not in url and "\\" not in url and len(url) <= 1900):
            return False
        if not self._is_slack:
            return url.startswith(f"{self.base}/")
        try:
            parts = urlsplit(url)
            return parts.scheme == "https" and parts.netloc in hosts
        except ValueError:
            return False
