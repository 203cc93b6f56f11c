"""Check that nothing is read but regular files, and that a file that doesn't come holds nobody up."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hookline.config.loading import Loader
from hookline.config.yaml.disk import Content, Disk, read_file
from hookline.config.yaml.texts import Texts
from hookline.errors import ConfigError
from hookline.plugins.registry import PluginRegistry
from tests.support import Sleeping
from tests.unit.config.broken import ENVIRONMENT, error, found_in, line, route

SHORT = 0.05


def pipe(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def linked_to(target: str) -> Callable[[Path], None]:
    return lambda path: path.symlink_to(target)


KINDS: dict[str, tuple[Callable[[Path], None], str]] = {
    "pipe": (pipe, "it is a pipe, expected a regular file"),
    "socket": (listening, "it is a socket, expected a regular file"),
    "folder": (Path.mkdir, "it is a folder, expected a regular file"),
    "device": (linked_to("/dev/zero"), "it is a device, expected a regular file"),
    "nothing": (linked_to("/dev/null"), "it is a device, expected a regular file"),
    "terminal": (linked_to("/dev/tty"), "it is a terminal, expected a regular file"),
    "circle": (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_file_that_replies_name_must_be_a_file(kind: str, tmp_path: Path) -> None:
    make, reason = KINDS[kind]
    make(tmp_path / "thing")

    found = found_in(tmp_path, route("keyword: a", "reply: {json: thing}"))

    assert found == [error(9, 23, f"can't read `thing`: {reason}")]


@pytest.mark.parametrize("kind", KINDS)
def test_file_of_a_secret_must_be_a_file(kind: str, tmp_path: Path) -> None:
    make, reason = KINDS[kind]
    make(tmp_path / "thing")

    found = found_in(tmp_path, line("channel_secret: {file: thing}", 'access_token: "${TOKEN}"'))

    assert found == [error(6, 30, f"can't read the secret's file: {reason}")]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "folder"])
@pytest.mark.parametrize("name", ["bot.yaml", ".env"])
def test_what_is_read_besides_must_be_a_file(name: str, kind: str, tmp_path: Path) -> None:
    make, reason = KINDS[kind]
    (tmp_path / "bot.yaml").write_text(route("keyword: a", "reply: b"))
    (tmp_path / name).unlink(missing_ok=True)
    make(tmp_path / name)

    with pytest.raises(ConfigError) as caught:
        Loader([tmp_path / "bot.yaml"], PluginRegistry(), environment=ENVIRONMENT).load()

    assert [str(one) for one in caught.value.findings] == [f"{tmp_path / name}:1:1: can't read the file: {reason}"]


def test_folder_named_env_is_no_environment(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()

    assert found_in(tmp_path, route("keyword: a", "reply: b")) == []


def test_pipe_of_a_shell_is_read_where_the_command_line_names_it() -> None:
    out, into = os.pipe()
    os.write(into, b"version: 1")
    os.close(into)
    path = Path(f"/dev/fd/{out}")

    with pytest.raises(OSError, match="it is a pipe"):
        Texts().read(path)
    assert Texts().read(path, may_be_pipe=True) == b"version: 1"
    os.close(out)


def test_pipe_into_which_nobody_writes_is_waited_for_no_longer_than_a_file() -> None:
    out, into = os.pipe()
    path = Path(f"/dev/fd/{out}")

    with pytest.raises(TimeoutError) as caught:
        Texts(disk=Disk(SHORT)).read(path, may_be_pipe=True)
    os.close(into)
    os.close(out)

    assert (caught.value.strerror, caught.value.filename) == ("it couldn't be read within 0.05 seconds", str(path))


def test_pipe_with_a_name_is_none_of_a_shell(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bot.yaml")

    with pytest.raises(OSError, match="it is a pipe"):
        Texts().read(tmp_path / "bot.yaml", may_be_pipe=True)


def test_file_that_does_not_come_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "bot.yaml").write_text(route("keyword: a", "reply: [{json: slow.json}, {json: gone.json}]"))
    sleeping = Sleeping()
    loader = Loader([tmp_path / "bot.yaml"], PluginRegistry(), environment=ENVIRONMENT)

    with pytest.raises(ConfigError) as caught:
        loader.load(Texts(disk=Disk(SHORT, sleeping)))
    sleeping.awake.set()

    assert [(one.place.line, one.place.column, one.message) for one in caught.value.findings] == [
        (9, 24, "can't read `slow.json`: it couldn't be read within 0.05 seconds"),
        (9, 43, "can't read `gone.json`: No such file or directory"),
    ]


def test_file_that_does_not_come_keeps_one_thread_however_often_it_is_looked_at(tmp_path: Path) -> None:
    sleeping = Sleeping()
    disk = Disk(SHORT, sleeping)
    for _ in range(5):
        with pytest.raises(TimeoutError):
            disk.read(tmp_path / "slow.json")

    sleeping.awake.set()
    (tmp_path / "slow.json").write_text("{}")

    assert sleeping.begun == 1
    assert _read_at_last(disk, tmp_path / "slow.json").text == b"{}"


def test_many_files_that_do_not_come_are_not_waited_for_one_by_one(tmp_path: Path) -> None:
    sleeping = Sleeping()
    texts = Texts(disk=Disk(0.5, sleeping))
    begun_at = time.monotonic()

    for number in range(5):
        with pytest.raises(TimeoutError):
            texts.read(tmp_path / f"slow{number}.json")
    sleeping.awake.set()

    assert time.monotonic() - begun_at < 5 * 0.5


def test_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.json").write_text("{}")
    (tmp_path / "link.json").symlink_to("real.json")

    assert read_file(tmp_path / "link.json") == Content(b"{}", tmp_path / "real.json")


def test_file_that_is_too_long_is_not_read_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "long").open("wb") as file:
        file.truncate(1 << 40)

    with pytest.raises(OSError, match="it has more than 16777216 bytes"):
        read_file(tmp_path / "long")


def _read_at_last(disk: Disk, path: Path) -> Content:
    until = time.monotonic() + 10
    while True:
        try:
            return disk.read(path)
        except (TimeoutError, FileNotFoundError):
            assert time.monotonic() < until
