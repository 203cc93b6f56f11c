"""Check that every mistake in a ``save:`` is found, at its place, with words that help."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hookline.routing.actions import Respond
from hookline.routing.wordings import Wording
from hookline.sizes import shown
from hookline.telling.wording import actions_of
from hookline.uploads.folders import LocalFolder, RemoteFolder
from tests.support import SECRETS, configured
from tests.unit.config.broken import ANY, Case, case, differences, error, found_in, route, warning

MEDIA = "message.audio, message.file, message.image, message.video"
KINDS = "known are audio, file, image, video, and content types, as application/pdf"
SIZE = "`at_most`: expected a size up to 1000 GB, as in 500kB, 10MB or 1.5GB"
OK = "reply: ok"
NO_FOLDER = "it is looked for in FOLDER; make it, as in `mkdir photos`"
LEAVE_OUT = "for a folder of this machine leave `://` out"

FOLDERS = [
    case("no folder", route("save: photos", OK), error(8, 15, "`save`: there is no folder `photos`", NO_FOLDER)),
    case(
        "no folder, at length",
        route("save: {to: photos}", OK),
        error(8, 20, "`save`: there is no folder `photos`", ANY),
    ),
    case("no folder above", route("save: a/b/c/", OK), error(8, 15, "`save`: there is no folder `a/b/c/`", ANY)),
    case(
        "absolute",
        route("save: /no/such/folder", OK),
        error(8, 15, "`save`: there is no folder `/no/such/folder`", ANY),
    ),
    case(
        "a file",
        route("save: bot.yaml", OK),
        error(8, 15, "`save`: `bot.yaml` is no folder", "name the folder that files go into"),
    ),
    case("empty", route("save: ''", OK), error(8, 15, "`save`: may not be empty")),
    case("nothing", route("save:", OK), error(8, 14, "`save` is empty", "say what it is to be, or leave it out")),
    case("a list", route("save: [kept]", OK), error(8, 15, ANY)),
    case("no place", route("save: {types: image}", OK), error(8, 9, "`to` is missing in `save`")),
    case("unknown scheme", route("save: s4://bucket", OK), error(8, 15, "`save`: Protocol not known: s4", LEAVE_OUT)),
    case(
        "package that is missing",
        route("save: gs://bucket/photos", OK),
        error(8, 15, "`save`: saving to `gs://` needs another package: …", LEAVE_OUT),
    ),
    case(
        "password in a URL",
        route("save: {to: 'ftp://me:secret@host/photos'}", OK),
        error(
            8,
            20,
            "`save`: a password may not stand in a URL",
            "fsspec takes it from the environment, as in FSSPEC_FTP_PASSWORD",
        ),
    ),
]
KEYS = [
    case("unknown key", route("save: {to: kept, size: 1MB}", OK), error(8, 26, "unknown key `size` in `save`", ANY)),
    case(
        "misspelt key",
        route("save: {to: kept, typs: image}", OK),
        error(8, 26, "unknown key `typs` in `save`", "did you mean `types`?"),
    ),
    case("no size", route("save: {to: kept, at_most: big}", OK), error(8, 35, SIZE)),
    case("size of nothing", route("save: {to: kept, at_most: 0MB}", OK), error(8, 35, SIZE)),
    case("unknown unit", route("save: {to: kept, at_most: 10M}", OK), error(8, 35, SIZE)),
    case(
        "misspelt kind",
        route("save: {to: kept, types: images}", OK),
        error(8, 33, "`types`: there is no kind of files `images`", "did you mean `image`?"),
        warning(7, 9, "route `hours` can never win: no event under `on:` comes with images", ANY),
    ),
    case(
        "one of the kinds is none",
        route("save: {to: kept, types: [image, sound]}", OK),
        error(8, 41, "`types`: there is no kind of files `sound`", KINDS),
    ),
    case(
        "kind by its ending",
        route("save: {to: kept, types: [file, .pdf]}", OK),
        error(8, 40, "`types`: there is no kind of files `.pdf`", KINDS),
    ),
    case(
        "any type of all",
        route("save: {to: kept, types: [file, '*/*']}", OK),
        error(8, 40, "`types`: there is no kind of files `*/*`", KINDS),
    ),
    case("no name", route("save: {to: kept, name: ''}", OK), error(8, 32, "`name`: may not be empty")),
    case(
        "folder in a name",
        route("save: {to: kept, name: '{event.user}/{event.id}'}", OK),
        error(8, 32, "`name`: the name of a file has no `/`", "put folders under `to:`"),
    ),
    case(
        "unknown root in a name",
        route("save: {to: kept, name: '{file.name}'}", OK),
        error(8, 32, "unknown placeholder `{file.name}`", ANY),
    ),
    case(
        "unknown name in a name",
        route("save: {to: kept, name: '{event.idd}'}", OK),
        error(8, 32, "unknown name in `{event.idd}`", "did you mean `id`?"),
    ),
    case(
        "name after what isn't known yet",
        route("save: {to: kept, name: '{match.file_size}'}", OK),
        error(8, 32, "unknown name in `{match.file_size}`", "known here: sent_name, text"),
    ),
    case(
        "name that none of the events has",
        route("on: message.image", "save: {to: kept, name: '{event.file_name}'}", OK),
        warning(9, 32, "`{event.file_name}` is always empty here: none of the events of this route has it", ANY),
    ),
    case(
        "braces that are no placeholder",
        route("save: {to: kept, name: '{name}'}", OK),
        warning(
            8, 32, "`{name}` would be sent as it stands, since it is no placeholder", "did you mean `{sender.name}`?"
        ),
    ),
    case(
        "reply with another name",
        route("save: kept", "reply: '{match.path}'"),
        error(
            9,
            16,
            "unknown name in `{match.path}`",
            "known here: file, file_name, file_size, file_type, sent_name, text",
        ),
    ),
    case(
        "reply of another route",
        route("on: message.image", "reply: '{match.file}'"),
        error(9, 16, "unknown name in `{match.file}`", "known here: text"),
    ),
]
EVENTS = [
    case(
        "events without files",
        route("on: [message.text, follow]", "save: kept", OK),
        error(
            9,
            9,
            "`save` is for files that people send, and none of the events under `on:` comes with one",
            f"leave `on:` out, or add {MEDIA}",
        ),
    ),
    case(
        "stickers",
        route("on: message.sticker", "save: kept", OK),
        error(9, 9, "`save` is for files that people send, …", ANY),
    ),
    *(
        case(
            f"beside {matcher}",
            route(matcher, "save: kept", OK),
            error(
                9,
                9,
                "`save` is for what people send, and no event with a file has a text or postback data",
                "make it two routes",
            ),
        )
        for matcher in ("keyword: a", "exact: a", "prefix: a", "pattern: a", "postback: a")
    ),
    case(
        "types that don't come",
        route("on: [message.image, message.audio]", "save: {to: kept, types: [video, application/pdf]}", OK),
        warning(
            7,
            9,
            "route `hours` can never win: no event under `on:` comes with video, application/pdf",
            "kinds of files are audio, file, image, video",
        ),
    ),
    case(
        "both answers",
        route("save: kept", OK, "run: echo.say"),
        error(7, 9, "route `hours` has both `reply:` and `run:`", ANY),
    ),
    case(
        "an event that has no reply token",
        route("on: [message.image, unfollow]", "save: kept", OK),
        error(10, 9, "`unfollow` can't be answered on line", ANY),
    ),
    case(
        "texts that would join",
        route("save: kept", "overlap: merge", OK),
        error(9, 18, "`overlap: merge` is for texts, and none of the events under `on:` has one", ANY),
    ),
]


@pytest.mark.parametrize("broken", [*FOLDERS, *KEYS, *EVENTS], ids=str)
def test_mistake_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()

    assert differences(broken.expected, found_in(tmp_path, broken.text)) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_nobody_may_write_into_is_found(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir(mode=0o500)

    (found,) = found_in(tmp_path, route("save: kept", OK))

    assert (found.message, found.hint) == (
        "`save`: nothing can be written into `kept`",
        "let the user who runs hookline write there",
    )


def test_password_of_a_url_is_not_shown(tmp_path: Path) -> None:
    found = found_in(tmp_path, route("save: {to: 'ftp://me:s3same@host/photos'}", OK))

    assert "s3same" not in "".join(f"{one.message}{one.hint}" for one in found)


@pytest.mark.parametrize(
    ("save", "on", "to", "takes"),
    [
        ("kept", "audio file image video", "kept", "file, at most 20MB"),
        ("kept/", "audio file image video", "kept/", "file, at most 20MB"),
        ("{to: kept, types: image}", "image", "kept", "file of image, at most 20MB"),
        ("{to: kept, types: [image, video], at_most: 1GB}", "image video", "kept", "file of image, video, at most 1GB"),
        ("{to: kept, types: application/pdf}", "file", "kept", "file of application/pdf, at most 20MB"),
        ("{to: kept, types: image/png}", "file image", "kept", "file of image/png, at most 20MB"),
        ("{to: kept, types: [audio, text/*]}", "audio file", "kept", "file of audio, text/*, at most 20MB"),
        ("{to: 'memory://photos', at_most: 500}", "audio file image video", "memory://photos", "file, at most 500B"),
        ("'${PLACE}'", "audio file image video", "kept", "file, at most 20MB"),
        ("{to: '${PLACE}', at_most: '${SIZE}'}", "audio file image video", "kept", "file, at most 3MB"),
    ],
)
def test_route_takes_only_events_that_it_can_save(save: str, on: str, to: str, takes: str, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    environment = {"SECRET": "one", "TOKEN": "two", "PLACE": "kept", "SIZE": "3MB"}

    (built,) = configured(tmp_path, route(f"save: {save}", OK), environment).bots["shop"].routes

    assert built.on == {f"message.{kind}" for kind in on.split()}
    assert (built.terms, built.when.terms()) == ([f"saves to {to}"], [takes])
    assert built.save is not None
    expected = RemoteFolder(to) if "://" in to else LocalFolder(tmp_path / "kept")
    assert built.save.folder == expected
    assert shown(built.save.takes.at_most) in takes


def test_folder_of_a_variable_that_need_not_be_set_is_not_looked_for(tmp_path: Path) -> None:
    text = route("save: '${PLACE}'", OK)

    assert configured(tmp_path, text, {"X": "1"}, is_simulated=True).bots["shop"].routes


def test_route_that_only_saves_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()

    (built,) = configured(tmp_path, route("save: kept"), SECRETS).bots["shop"].routes

    assert built.action == Respond((Wording.of(()),))
    assert actions_of(built) == ["no answer", "saves to kept"]


def test_route_may_say_how_long_it_saves_and_how_often_it_tries(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()

    (built,) = configured(tmp_path, route("save: kept", "deadline: 60", "retries: [1]"), SECRETS).bots["shop"].routes

    assert (built.deadline, built.retries) == (60.0, (1.0,))


def test_folder_is_looked_for_beside_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "shop" / "kept").mkdir(parents=True)

    (built,) = configured(tmp_path / "shop", route("save: kept"), SECRETS).bots["shop"].routes

    assert built.save is not None
    assert built.save.folder == LocalFolder(tmp_path / "shop" / "kept")
