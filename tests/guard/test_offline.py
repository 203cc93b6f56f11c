"""Nothing that is learned, and nothing that a test does, leaves this machine."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

import pytest

LEARN = """
from hookline import Lesson, Question
from hookline_intents.classifiers import VectorClassifier
hours, book = [("when do you open",), ("opening hours",)], [("a table",), ("reserve",)]
lessons = [Lesson("hours", "hours", hours), Lesson("book", "book", book)]
model = VectorClassifier("encoder").train(lessons, None, lambda fraction: None)
print(model.classify([Question("when are you open")])[0][0].intent)
"""


def test_sockets_to_anywhere_but_loopback_are_refused() -> None:
    with socket.socket() as connection, pytest.raises(PermissionError, match="loopback only"):
        connection.connect(("192.0.2.1", 80))
    with pytest.raises(PermissionError, match="loopback only"):
        socket.getaddrinfo("example.com", 443)


def test_processes_that_tests_start_are_watched_too() -> None:
    code = "import socket; socket.socket().connect(('192.0.2.1', 80))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)

    assert "OfflineError: socket.connect to 192.0.2.1" in result.stderr


def test_intents_are_learned_where_there_is_no_network_at_all() -> None:
    unshare = shutil.which("unshare")
    alone = [unshare or "", "--map-root-user", "--net"]
    if unshare is None or subprocess.run([*alone, "true"], capture_output=True, timeout=30).returncode:
        pytest.skip("this machine lets nobody make a network namespace")
    result = subprocess.run(
        [*alone, sys.executable, "-c", LEARN], capture_output=True, text=True, timeout=60, env={**os.environ}
    )

    assert result.stdout.strip() == "hours", result.stderr
