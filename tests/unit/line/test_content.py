"""What people send is fetched whole, or not at all: https://developers.line.biz/en/reference/messaging-api/#get-content."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from linebot.v3.messaging import AsyncMessagingApiBlob

from hookline.adapters.http import HttpClient
from hookline.adapters.line import parse
from hookline.adapters.line.api import LineApi
from hookline.adapters.line.content import Contents
from hookline.adapters.simulated import PICTURE
from hookline.errors import ContentError, PlatformError, SaveError
from hookline.events import Event
from hookline.testing import SimulatedLine
from tests.support import make_event
from tests.unit.line.platforms import platform

NOW = 1_800_000_000_000
JPEG = b"\xff\xd8\xff" + b"j" * 300_000
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def answering(*parts: bytes, hangs: bool = False, stall: float = 10.0) -> AsyncIterator[Contents]:
    """Run a host that answers any call with *parts*, byte for byte, and then closes, or hangs."""
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
        if hangs:
            await over.wait()
        writer.close()

    server, http = await asyncio.start_server(serve, "127.0.0.1", 0), HttpClient()
    try:
        yield Contents(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "token", http, stall)
    finally:
        over.set()
        await http.close()
        server.close()
        await server.wait_closed()


def head(*headers: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", "content-type: image/jpeg", *headers, "", ""]).encode()


def sent(raw: dict[str, Any]) -> Event:
    return parse.read("shop", raw, NOW)


def with_message(**message: Any) -> Event:
    return make_event(message={"id": "500", **message})


async def test_image_comes_with_its_type_size_and_a_name() -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", JPEG))

        content = await api.content(event)

        assert (content.data, content.type, content.size) == (JPEG, "image/jpeg", len(JPEG))
        assert (content.name, content.path) == (f"{event.message_id}.jpg", None)


async def test_content_is_found_by_the_id_of_its_message_alone() -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"%PDF", "file", name="offer.pdf"))

        content = await api.content(str(event.message_id))

        assert (content.data, content.type, content.name) == (b"%PDF", "application/pdf", f"{event.message_id}.pdf")


@pytest.mark.parametrize(
    ("kind", "name", "data", "content_type", "suffix"),
    [
        ("image", None, b"\x89PNG\r\n", "image/png", ".png"),
        ("image", "cat.webp", b"RIFF", "image/webp", ".webp"),
        ("image", "cat.mp4", b"?", "image/jpeg", ".jpg"),
        ("image", None, b"GIF89a", "image/gif", ".gif"),
        ("video", None, b"?", "video/mp4", ".mp4"),
        ("video", "clip.mov", b"?", "video/quicktime", ".mov"),
        ("audio", None, b"?", "audio/x-m4a", ".m4a"),
        ("audio", "song.mp3", b"?", "audio/mpeg", ".mp3"),
        ("file", "a.tar.GZ", b"?", "application/octet-stream", ".gz"),
        ("file", "no extension", b"?", "application/octet-stream", ""),
        ("file", "菜單.xlsx", b"?", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx"),
    ],
)
async def test_each_kind_has_its_type_and_extension(
    kind: str, name: str | None, data: bytes, content_type: str, suffix: str
) -> None:
    async with platform() as (line, api):
        content = await api.content(sent(line.upload("shop", data, kind, name=name)))

        assert (content.type, Path(content.name).suffix) == (content_type, suffix)


async def test_file_keeps_the_name_that_it_was_sent_under() -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"x", "file", name="../../報價 單.pdf"))

        assert (await api.content(event)).name == f"報價 單-{event.message_id}.pdf"


async def test_content_goes_into_a_file_and_into_a_folder(tmp_path: Path) -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", JPEG))

        exact = await api.content(event, to=tmp_path / "cat.jpg")
        inside = await api.content(event, to=str(tmp_path))

    assert (exact.path, exact.data, exact.size) == (tmp_path / "cat.jpg", b"", len(JPEG))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"cat.jpg": JPEG, inside.name: JPEG}


async def test_preview_is_a_small_picture() -> None:
    async with platform() as (line, api):
        content = await api.content(sent(line.upload("shop", JPEG)), preview=True)

        assert (content.data, content.type) == (PICTURE, "image/png")


@pytest.mark.parametrize("kind", ["video", "audio", "image", "file"])
async def test_content_is_waited_for_while_line_prepares_it(kind: str) -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"film", kind, preparing=2))

        assert (await api.content(event)).data == b"film"
        statuses = [status for path, status in line.requests if path.endswith("/content")]
        assert statuses[0] == 202
        assert statuses[-1] == 200


async def test_preview_is_waited_for_too() -> None:
    async with platform() as (line, api):
        assert (
            await api.content(sent(line.upload("shop", b"film", "video", preparing=1)), preview=True)
        ).data == PICTURE


async def test_content_that_line_fails_to_prepare_is_an_error() -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"film", "video", preparing=1, fails=True))

        with pytest.raises(ContentError) as caught:
            await api.content(event)

        path = f"/v2/bot/message/{event.message_id}/content"
        assert str(caught.value) == f"GET {path}: LINE failed to prepare this content"


async def test_content_that_is_never_prepared_is_an_error_in_the_end() -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"film", "video", preparing=10**9))

        with pytest.raises(PlatformError) as caught:
            await api.content(event, seconds=0.4)

        assert str(caught.value) == f"message {event.message_id}: its content wasn't there within 0.4 seconds"
        assert not isinstance(caught.value, ContentError)


async def test_unknown_message_is_an_error_in_lines_words() -> None:
    async with platform() as (_, api):
        with pytest.raises(ContentError) as caught:
            await api.content("12/34")

        assert str(caught.value) == "GET /v2/bot/message/12%2F34/content: LINE says 404, not found"
        assert (caught.value.status, bool(caught.value.request_id)) == (404, True)


async def test_content_that_was_taken_back_is_gone() -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"x"))
        line.uploads[str(event.message_id)].is_gone = True

        with pytest.raises(ContentError, match="LINE says 410, The content is gone"):
            await api.content(event)


async def test_content_of_another_channel_is_not_found() -> None:
    async with platform() as (line, api):
        line.add_channel("bar", "secret", "token-of-bar", "http://127.0.0.1:9/")

        with pytest.raises(ContentError, match="LINE says 404, not found"):
            await api.content(sent(line.upload("bar", b"x")))


async def test_audio_has_no_preview() -> None:
    async with platform() as (line, api):
        with pytest.raises(ContentError, match="LINE says 400, The content can not be previewed"):
            await api.content(sent(line.upload("shop", b"x", "audio")), preview=True)


@pytest.mark.parametrize(
    ("status", "reason", "kind"),
    [
        ("400 Bad Request", '{"message": "bad"}', ContentError),
        ("403 Forbidden", '{"message": "Not available"}', ContentError),
        ("404 Not Found", "<html>proxy</html>", ContentError),
        ("410 Gone", '{"message": "The content is gone"}', ContentError),
        ("301 Moved", "", PlatformError),
        ("302 Found", "", PlatformError),
        ("401 Unauthorized", '{"message": "expired"}', PlatformError),
        ("408 Request Timeout", "", PlatformError),
        ("429 Too Many Requests", '{"message": "slow"}', PlatformError),
        ("500 Internal Server Error", '{"message": "Internal"}', PlatformError),
        ("503 Service Unavailable", '["list"]', PlatformError),
    ],
)
async def test_only_what_stays_so_is_a_content_error(status: str, reason: str, kind: type[PlatformError]) -> None:
    body = reason.encode()
    async with answering(head(f"content-length: {len(body)}", status=status), body) as contents:
        with pytest.raises(PlatformError) as caught:
            await contents.fetch("5", None, 100, preview=False)

    assert type(caught.value) is kind
    assert caught.value.status == int(status[:3])


@pytest.mark.parametrize(
    ("message", "error"),
    [
        (
            {
                "type": "image",
                "contentProvider": {"type": "external", "originalContentUrl": "https://shop.example/a.jpg"},
            },
            "message 500: LINE doesn't keep its content; it is at https://shop.example/a.jpg",
        ),
        (
            {"type": "video", "contentProvider": {"type": "external"}},
            "message 500: LINE doesn't keep its content; it is at a place that it doesn't name",
        ),
        (
            {"type": "file", "fileName": "a.zip", "fileSize": 20_000_001},
            "message 500: its content has 20000001 bytes, at most 20000000 are taken; `at_most` sets the limit",
        ),
        (
            {"type": "text", "text": "hi"},
            "`message.text` comes with no content; only images, videos, audio and files do",
        ),
        (
            {"type": "sticker", "stickerId": "1"},
            "`message.sticker` comes with no content; only images, videos, audio and files do",
        ),
    ],
)
async def test_what_an_event_says_already_is_not_asked_for(message: dict[str, Any], error: str) -> None:
    async with platform() as (line, api):
        with pytest.raises(ContentError) as caught:
            await api.content(with_message(**message))

        assert str(caught.value) == error
        assert line.requests == []


@pytest.mark.parametrize("size", [0, 1, 65_536, 999_999, 1_000_000])
@pytest.mark.parametrize("is_file", [False, True], ids=["bytes", "file"])
async def test_content_up_to_the_limit_is_taken(size: int, is_file: bool, tmp_path: Path) -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"x" * size))

        content = await api.content(event, to=tmp_path / "x" if is_file else None, at_most=1_000_000)

        assert (content.path.read_bytes() if content.path else content.data) == b"x" * size
        assert content.size == size


async def test_one_byte_more_is_refused_by_what_is_told_beforehand(tmp_path: Path) -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"x" * 1_000_001))

        with pytest.raises(ContentError) as caught:
            await api.content(event, to=tmp_path / "x", at_most=1_000_000)

        assert str(caught.value) == (
            f"message {event.message_id}: its content has 1000001 bytes, at most 1000000 are taken; "
            "`at_most` sets the limit"
        )
        assert list(tmp_path.iterdir()) == []


async def test_one_byte_more_is_refused_where_nothing_is_told_beforehand(tmp_path: Path) -> None:
    chunk = b"%x\r\n%b\r\n" % (101, b"x" * 101)
    async with answering(head("transfer-encoding: chunked"), chunk, b"0\r\n\r\n") as contents:
        with pytest.raises(ContentError) as caught:
            await contents.fetch("5", tmp_path / "x", 100, preview=False)

    assert str(caught.value) == (
        "message 5: its content has over 100 bytes, which is the most that is taken; `at_most` sets the limit"
    )
    assert list(tmp_path.iterdir()) == []


async def test_compressed_content_counts_as_what_it_grows_to(tmp_path: Path) -> None:
    bomb = gzip.compress(b"x" * 5_000_000)
    async with answering(head("content-encoding: gzip", f"content-length: {len(bomb)}"), bomb) as contents:
        with pytest.raises(ContentError, match="over 1000000 bytes"):
            await contents.fetch("5", tmp_path / "x", 1_000_000, preview=False)

    assert list(tmp_path.iterdir()) == []


async def test_compressed_content_is_unpacked_whatever_its_length_on_the_way() -> None:
    packed = gzip.compress(b"hello")
    async with answering(head("content-encoding: gzip", f"content-length: {len(packed)}"), packed) as contents:
        assert (await contents.fetch("5", None, 5, preview=False)).data == b"hello"


@pytest.mark.parametrize(
    ("parts", "size"),
    [
        ([head("content-length: 10"), b"12345"], 5),
        ([head("content-length: 10")], 0),
        ([head("transfer-encoding: chunked"), b"5\r\n12345\r\n"], 5),
        ([head("transfer-encoding: chunked"), b"a\r\n12345"], 5),
        ([head("content-encoding: gzip", "content-length: 20"), gzip.compress(b"hello")[:8]], 0),
        ([head("content-encoding: gzip", "content-length: 5"), b"hello"], 0),
    ],
    ids=["short", "empty", "chunks", "chunk", "half a gzip", "no gzip"],
)
@pytest.mark.parametrize("is_file", [False, True], ids=["bytes", "file"])
async def test_body_that_breaks_off_leaves_nothing(
    parts: list[bytes], size: int, is_file: bool, tmp_path: Path
) -> None:
    async with answering(*parts) as contents:
        with pytest.raises(PlatformError) as caught:
            await contents.fetch("5", tmp_path / "x" if is_file else None, 100, preview=False)

    assert str(caught.value) == f"message 5: LINE broke off after {size} bytes of its content"
    assert not isinstance(caught.value, ContentError)
    assert list(tmp_path.iterdir()) == []


async def test_file_that_was_there_stays_when_its_new_content_breaks_off(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"before")
    async with answering(head("content-length: 10"), b"12345") as contents:
        with pytest.raises(PlatformError, match="broke off"):
            await contents.fetch("5", tmp_path / "x", 100, preview=False)

    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"x": b"before"}


@pytest.mark.parametrize(
    "answer",
    [
        head("content-length: 3") + b"12345",
        head("content-length: -3") + b"12345",
        head("content-length: three") + b"12345",
        head("content-length: 3", "content-length: 5") + b"12345",
        head("transfer-encoding: chunked") + b"5\r\n12345\r\nno number\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    ],
)
async def test_answer_that_contradicts_itself_is_an_error(answer: bytes, tmp_path: Path) -> None:
    async with answering(answer) as contents:
        with pytest.raises(PlatformError):
            await contents.fetch("5", tmp_path / "x", 100, preview=False)

    assert list(tmp_path.iterdir()) == []


async def test_length_over_the_limit_is_not_even_read(tmp_path: Path) -> None:
    async with answering(head("content-length: 101"), hangs=True) as contents:
        with pytest.raises(ContentError, match="its content has 101 bytes, at most 100 are taken"):
            await contents.fetch("5", tmp_path / "x", 100, preview=False)


async def test_host_that_goes_silent_is_not_waited_for(tmp_path: Path) -> None:
    async with answering(head("content-length: 10"), b"12345", hangs=True, stall=0.1) as contents:
        with pytest.raises(PlatformError) as caught:
            await contents.fetch("5", tmp_path / "x", 100, preview=False)

    assert str(caught.value) == "message 5: LINE sent nothing for 0.1 seconds after 5 bytes of its content"
    assert list(tmp_path.iterdir()) == []


async def test_host_that_never_answers_is_an_error() -> None:
    async with answering(hangs=True, stall=0.1) as contents:
        with pytest.raises(PlatformError, match=r"^GET /v2/bot/message/5/content: no answer from LINE \("):
            await contents.fetch("5", None, 100, preview=False)


async def test_host_that_is_not_there_is_an_error() -> None:
    http = HttpClient()
    with pytest.raises(PlatformError, match=r"^GET /v2/bot/message/5/content: no answer from LINE \(Client"):
        await Contents("http://127.0.0.1:9", "token", http).fetch("5", None, 100, preview=False)
    await http.close()


async def test_content_that_trickles_in_ends_with_the_time_there_is(tmp_path: Path) -> None:
    async with answering(head("content-length: 10"), b"12345", hangs=True) as contents:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await contents.fetch("5", tmp_path / "x", 100, preview=False)

    assert list(tmp_path.iterdir()) == []


async def test_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    async with platform() as (line, api):
        event = sent(line.upload("shop", b"x"))

        with pytest.raises(SaveError) as caught:
            await api.content(event, to=tmp_path / "gone" / "x.jpg")

        assert str(caught.value) == f"can't write {tmp_path / 'gone' / 'x.jpg'}: No such file or directory"


@pytest.mark.parametrize("kind", ["image", "video"])
async def test_what_line_does_not_keep_has_no_preview_there(kind: str) -> None:
    provider = {"type": "external", "originalContentUrl": "https://shop.example/a"}
    async with platform() as (line, api):
        with pytest.raises(ContentError, match=r"it is at https://shop\.example/a$"):
            await api.content(with_message(type=kind, contentProvider=provider), preview=True)

        assert line.requests == []


def by_sdk(api: LineApi) -> Awaitable[Any]:
    blobs: Awaitable[Any] = api.client(AsyncMessagingApiBlob).get_message_content("5")
    return blobs


@pytest.mark.parametrize("fetch", [lambda api: api.content("5"), by_sdk], ids=["content", "client"])
async def test_calls_do_not_wait_behind_downloads(fetch: Callable[[LineApi], Awaitable[Any]]) -> None:
    over = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    line, http = SimulatedLine(), HttpClient()
    await line.start()
    line.add_channel("shop", "secret", "token-of-shop", "http://127.0.0.1:9/")
    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    api = LineApi(line.url, "token-of-shop", http, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    downloads = [asyncio.ensure_future(fetch(api)) for _ in range(150)]
    await asyncio.sleep(0)

    assert (await asyncio.wait_for(api.bot_info(), 10))["displayName"] == "shop"

    for download in downloads:
        download.cancel()
    over.set()
    await asyncio.gather(*downloads, return_exceptions=True)
    await http.close()
    await line.stop()
    server.close()
    await server.wait_closed()
