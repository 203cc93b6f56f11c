"""Talk to the real yaml-language-server over its standard streams, as an editor does.

The protocol is https://microsoft.github.io/language-server-protocol/; every wait has a deadline.
"""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

SECONDS = 30.0
SETTINGS: Mapping[str, Any] = {"yaml": {"schemaStore": {"enable": False}}}  # else it would ask the internet
CAPABILITIES: Mapping[str, Any] = {
    "workspace": {"configuration": True},
    "textDocument": {"completion": {}, "hover": {"contentFormat": ["markdown"]}},
}

Message = Mapping[str, Any]


@dataclass
class LanguageServer:
    """Hold the two streams of a running server. Lines and characters count from 0."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    _inbox: queue.Queue[Message] = field(default_factory=queue.Queue)
    _number: int = 0

    def start(self, folder: Path) -> None:
        """Shake hands."""
        self._request("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": CAPABILITIES})
        self._send({"method": "initialized", "params": {}})

    def open(self, path: Path, text: str) -> list[str]:
        """Open *text* as the file at *path* and return what is wrong with it: each as ``LINE:CHARACTER: MESSAGE``."""
        document = {"uri": path.as_uri(), "languageId": "yaml", "version": 1, "text": text}
        self._send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
        found = self._wait(
            lambda message: (
                message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == path.as_uri()
            )
        )
        return [_shown(diagnostic) for diagnostic in found["params"]["diagnostics"]]

    def complete(self, path: Path, line: int, character: int) -> list[str]:
        """Return what the server offers at a place."""
        result = self._request("textDocument/completion", _at(path, line, character))
        return [item["label"] for item in result["items"]]

    def hover(self, path: Path, line: int, character: int) -> str:
        """Return the text that the server shows at a place."""
        result = self._request("textDocument/hover", _at(path, line, character))
        return str(result["contents"]["value"]) if result else ""

    def read(self) -> None:
        """Put every message of the server into the inbox until it ends; answer its own requests."""
        while header := self.stdout.readline():
            while self.stdout.readline().strip():
                pass  # further headers
            message = json.loads(self.stdout.read(int(header.partition(b":")[2])))
            if "id" in message and "method" in message:
                wanted = message.get("params", {}).get("items", [])
                self._send({"id": message["id"], "result": [SETTINGS.get(item["section"]) for item in wanted]})
            else:
                self._inbox.put(message)

    def _request(self, method: str, params: Mapping[str, Any]) -> Any:
        self._number += 1
        number = self._number
        self._send({"id": number, "method": method, "params": params})
        answer = self._wait(lambda message: message.get("id") == number)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def _wait(self, is_wanted: Callable[[Message], bool]) -> Message:
        while True:
            message = self._inbox.get(timeout=SECONDS)
            if is_wanted(message):
                return message

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.stdin.flush()


@contextmanager
def language_server(program: Path, folder: Path) -> Iterator[LanguageServer]:
    """Run *program* in node for the files in *folder*."""
    command = ["node", str(program), "--stdio"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        server = LanguageServer(process.stdin, process.stdout)
        reader = threading.Thread(target=server.read, daemon=True)
        reader.start()
        try:
            server.start(folder)
            yield server
        finally:
            process.kill()
            reader.join(SECONDS)


def _at(path: Path, line: int, character: int) -> dict[str, Any]:
    return {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": character}}


def _shown(diagnostic: Message) -> str:
    start = diagnostic["range"]["start"]
    return f"{start['line']}:{start['character']}: {diagnostic['message']}"
