"""Whatever people call their files, the names that these get are safe, and each has its own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hookline.uploads.names import MAX_NAME, cleaned_name, extension_of, file_name, stem_of, type_of

TAG = "500000000000000001"
WOMAN = "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{PERSONAL COMPUTER}"


@pytest.mark.parametrize(
    ("stem", "name"),
    [
        (TAG, f"{TAG}.jpg"),
        ("", f"{TAG}.jpg"),
        ("cat", f"cat-{TAG}.jpg"),
        ("../../etc/passwd", f"etc-passwd-{TAG}.jpg"),
        ("..", f"{TAG}.jpg"),
        (".", f"{TAG}.jpg"),
        ("/", f"{TAG}.jpg"),
        ("..\\..\\boot.ini", f"boot.ini-{TAG}.jpg"),
        ("C:\\windows\\x", f"C--windows-x-{TAG}.jpg"),
        ("a\0b\x1bc\x7f", f"abc-{TAG}.jpg"),
        ("line\r\nbreak\ttab", f"line break tab-{TAG}.jpg"),
        (".hidden", f"hidden-{TAG}.jpg"),
        ("trailing. . ", f"trailing-{TAG}.jpg"),
        ("~root", f"~root-{TAG}.jpg"),
        ("a／b∕c⁄d", f"a-b-c-d-{TAG}.jpg"),
        ('<b>"?*|', f"b-{TAG}.jpg"),
        ("50%2f#x", f"50-2f-x-{TAG}.jpg"),
        ("2026-11-30T09:30:00+00:00", f"2026-11-30T09-30-00+00-00-{TAG}.jpg"),
        ("photo\N{RIGHT-TO-LEFT OVERRIDE}gpj.exe", f"photogpj.exe-{TAG}.jpg"),
        ("\N{ZERO WIDTH NO-BREAK SPACE}menu\N{ZERO WIDTH SPACE}", f"menu-{TAG}.jpg"),
        ("菜單 🍜", f"菜單 🍜-{TAG}.jpg"),
        (WOMAN, f"{WOMAN}-{TAG}.jpg"),
        ("Cafe\N{COMBINING ACUTE ACCENT}", f"Café-{TAG}.jpg"),
        ("lone \ud83d surrogate", f"lone surrogate-{TAG}.jpg"),
        ("cat.JPG", f"cat-{TAG}.jpg"),
        (f"{TAG}.jpg", f"{TAG}.jpg"),
        ("-rf", f"rf-{TAG}.jpg"),
    ],
)
def test_name_has_nothing_of_the_stem_that_could_do_harm(stem: str, name: str) -> None:
    assert file_name(stem, TAG, ".jpg") == name


@pytest.mark.parametrize("stem", ["CON", "nul", "Com1", "LPT9", "aux.txt", "PRN", "com¹", "CONIN$", "con.", "lpt0"])
def test_names_of_devices_are_none(stem: str) -> None:
    assert file_name(f"{stem}.{TAG}", TAG, "").startswith("_")


@pytest.mark.parametrize(
    "stem", ["x" * 300, "飯" * 300, "🍜" * 300, WOMAN * 100, ("é" * 150) + TAG, f"{TAG}{'x' * 300}"]
)
@pytest.mark.parametrize("extension", ["", ".jpg", ".extension1"])
def test_long_name_is_cut_but_keeps_what_sets_it_apart(stem: str, extension: str) -> None:
    name = file_name(stem, TAG, extension)

    assert MAX_NAME - 10 <= len(name.encode()) <= MAX_NAME
    assert TAG in name
    assert name.endswith(extension)


def test_two_events_never_have_one_name() -> None:
    assert file_name("photo", "500000000000000001", ".jpg") != file_name("photo", "500000000000000002", ".jpg")


def test_name_with_the_tag_of_another_has_its_own_besides() -> None:
    assert file_name("report-500000000000000001", "500000000000000002", "") == (
        "report-500000000000000001-500000000000000002"
    )


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("1", "photo 1-1"),
        ("01FZ74A0TDDPYRVKNK77XKC3ZR", "photo 1-01FZ74A0TDDPYRVKNK77XKC3ZR"),
        ("a/../b", "photo 1-a5a7bb58dbee24c8abe1c6b1"),
    ],
)
def test_tag_is_itself_or_its_hash(tag: str, name: str) -> None:
    assert len(file_name("photo 1", tag, "")) == len(name)
    assert file_name("photo 1", tag, "").startswith("photo 1-")
    assert "/" not in file_name("photo 1", tag, "")


@given(st.text(), st.text(min_size=1), st.sampled_from(["", ".jpg", ".tar"]))
def test_any_text_gives_a_name_that_a_file_may_have(stem: str, tag: str, extension: str) -> None:
    name = file_name(stem, tag, extension)

    assert 0 < len(name.encode()) <= MAX_NAME
    assert name not in (".", "..")
    assert not set(name) & set('/\\\0:*?"<>|\r\n')
    assert name == file_name(stem, tag, extension)


@pytest.mark.parametrize(
    ("sent_name", "content_type", "extension"),
    [
        (None, "image/jpeg", ".jpg"),
        (None, "image/png", ".png"),
        (None, "audio/x-m4a", ".m4a"),
        (None, "video/mp4", ".mp4"),
        (None, "application/octet-stream", ""),
        (None, "x/unknown", ""),
        (None, "", ""),
        ("offer.PDF", "application/octet-stream", ".pdf"),
        ("a.tar.gz", "application/x-tar", ".gz"),
        ("no dot", "application/pdf", ".pdf"),
        (".bashrc", "text/plain", ".txt"),
        ("x.exe\0.jpg", "", ".jpg"),
        ("x.ph p", "text/plain", ".txt"),
        ("x.", "text/plain", ".txt"),
        ("x.thisisfartoolong", "text/plain", ".txt"),
        ("x.文字", "text/plain", ".txt"),
        ("x./etc", "text/plain", ".txt"),
    ],
)
def test_extension_is_that_of_the_file_or_of_its_type(sent_name: str | None, content_type: str, extension: str) -> None:
    assert extension_of(sent_name, content_type) == extension


@pytest.mark.parametrize(
    ("sent_name", "stem", "kind"),
    [
        ("offer.pdf", "offer", "application/pdf"),
        ("a.tar.gz", "a.tar", None),
        ("cat.jpeg", "cat", "image/jpeg"),
        ("cat.jpg", "cat", "image/jpeg"),
        ("菜單.xlsx", "菜單", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("data.csv", "data", "text/csv"),
        ("song.m4a", "song", "audio/mp4"),
        ("x.zip", "x", "application/zip"),
        ("no dot", "no dot", None),
        (".bashrc", ".bashrc", None),
        ("", "", None),
    ],
)
def test_stem_and_type_of_a_name(sent_name: str, stem: str, kind: str | None) -> None:
    assert (stem_of(sent_name), type_of(sent_name)) == (stem, kind)


def test_cleaned_name_may_be_empty() -> None:
    assert cleaned_name("... / ...") == ""
