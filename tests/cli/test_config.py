"""``hookline config``: what it shows of good versions, and what going back to one does to the files."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from hookline.clock import SystemClock
from hookline.config.history.files import ConfigurationFiles
from hookline.plugins.registry import PluginRegistry
from tests.cli.test_live import BOT, Site

NOODLES, DUMPLINGS = BOT, BOT.replace("牛肉麵", "水餃")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Return a folder whose bot.yaml sold noodles, and sells dumplings now; both were served."""
    site = Site(tmp_path)
    for text in (NOODLES, DUMPLINGS):
        site.write(text)
        keep(site)
    return site


def keep(site: Site, path: str = "bot.yaml") -> None:
    """Keep the files as a version, as a host does that has come to serve them."""
    source = ConfigurationFiles([site.folder / path], PluginRegistry.discover(), SystemClock(), is_simulated=True)
    source.load()
    assert source.keep("test") is not None


def test_rollback_writes_through_a_link_and_keeps_the_mode(site: Site) -> None:
    link, real = site.folder / "bot.yaml", site.folder / "real.yaml"
    link.rename(real)
    real.chmod(0o640)
    link.symlink_to("real.yaml")

    status, _, errors = site.hookline("config", "rollback", "--yes")

    assert (status, errors) == (0, "")
    assert link.is_symlink()
    assert (real.read_text("utf-8"), stat.S_IMODE(real.stat().st_mode)) == (NOODLES, 0o640)


def test_rollback_of_several_files_writes_all_or_none(site: Site) -> None:
    (site.folder / "flex").mkdir()
    (site.folder / "flex" / "menu.json").write_text('{"type": "text", "text": "menu"}')
    site.write(NOODLES.replace("reply: 牛肉麵", "reply: {json: flex/menu.json}"))
    keep(site)
    (site.folder / "flex" / "menu.json").unlink()
    (site.folder / "flex").rmdir()
    site.write(DUMPLINGS)

    status, _, errors = site.hookline("config", "rollback", "3", "--yes")

    assert (status, errors) == (
        1,
        f"hookline: {site.folder}/flex/menu.json:1:1: can't write the file: No such file or directory\n"
        "hint: nothing was written\n",
    )
    assert (site.folder / "bot.yaml").read_text("utf-8") == DUMPLINGS


def test_host_that_refuses_what_was_rolled_back_is_not_said_to_have_reloaded(site: Site) -> None:
    site.write(BOT.replace("bots:", "store: sqlite:///other.db\nbots:"))
    with site.running():
        status, said, errors = site.hookline("config", "rollback", "1", "--yes")

    assert (status, said.splitlines()[-1]) == (1, "the files are as in version 1")
    assert "`store` is another one now, and a running host keeps its own: stop it and start it anew" in errors
    assert errors.endswith("1 error\nthe old configuration goes on\n")


def test_path_upwards_names_the_same_files(site: Site) -> None:
    (site.folder / "below").mkdir()
    below = Site(site.folder / "below")

    diff = below.hookline("-c", "../bot.yaml", "config", "diff")
    rolled = below.hookline("-c", "../bot.yaml", "config", "rollback", "--yes")

    assert diff == (0, "no difference\n", "")
    assert (rolled[0], rolled[1].splitlines()[-1]) == (0, "the files are as in version 1")
    assert (site.folder / "bot.yaml").read_text("utf-8") == NOODLES


def test_diff_shows_no_secret_that_was_commented_out(site: Site) -> None:
    rotated = 'channel_secret:\n        - "${SECRET}"\n        # - 0123456789abcdef\n      access_token: "${TOKEN}"'
    site.write(
        NOODLES.replace('{channel_secret: "${SECRET}", access_token: "${TOKEN}"', f"\n      {rotated}").replace(
            ', api_base: "http://127.0.0.1:9"}', ""
        )
    )

    _, diff, _ = site.hookline("config", "diff", "1")

    assert "+        # •••\n" in diff
    assert "0123456789abcdef" not in diff


def test_rollback_passes_over_versions_of_which_only_line_ends_differ(site: Site) -> None:
    (site.folder / "bot.yaml").write_bytes(DUMPLINGS.encode().replace(b"\n", b"\r\n"))

    _, diff, _ = site.hookline("config", "diff", "2")
    status, said, _ = site.hookline("config", "rollback", "--yes")

    assert diff == "--- bot.yaml\n+++ bot.yaml\nonly line ends, or marks of the byte order, differ\n"
    assert (status, said.splitlines()[-1]) == (0, "the files are as in version 1")
