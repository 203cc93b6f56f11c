"""Two distributions that offer a plugin of one name: nobody can tell which is meant, and none is taken by chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.errors import PluginError
from hookline.plugins.installed import Installed
from hookline.plugins.registry import PluginRegistry
from tests.cli.test_taken_names import installed
from tests.support import configured, findings
from tests.unit.config.broken import bot

CODE = "from hookline import hookimpl\n"


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder whose packages can be imported."""
    folder = tmp_path / "library"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    for module in ("acme_orders", "zeta_orders", "beta_orders"):
        (folder / f"{module}.py").write_text(CODE)
    return folder


@pytest.mark.parametrize(
    ("distributions", "said"),
    [
        (["acme-orders", "zeta-orders"], "acme-orders 1.2 and zeta-orders 1.2"),
        (["zeta-orders", "acme-orders"], "acme-orders 1.2 and zeta-orders 1.2"),
        (["zeta-orders", "acme-orders", "beta-orders"], "acme-orders 1.2, beta-orders 1.2 and zeta-orders 1.2"),
    ],
)
def test_check_names_both_where_a_bot_names_the_plugin(library: Path, distributions: list[str], said: str) -> None:
    for distribution in distributions:
        installed(library, distribution, f"orders = {distribution.replace('-', '_')}")

    (found,) = findings(library, bot("plugins:", "  orders:"))

    assert found.message == f"plugin `orders`: {said} offer a plugin of this name; uninstall all but one"
    assert found.place.line == bot("plugins:", "  orders:").splitlines().index("      orders:") + 1


def test_package_that_was_half_removed_is_of_an_unknown_distribution(library: Path) -> None:
    installed(library, "acme-orders", "orders = acme_orders")
    installed(library, "zeta-orders", "orders = zeta_orders")
    for left in library.glob("zeta*/METADATA"):
        left.unlink()

    with pytest.raises(PluginError, match=r"acme-orders 1\.2 and unknown offer a plugin of this name"):
        PluginRegistry.discover().load("orders")


def test_same_module_offered_twice_is_told_all_the_same(library: Path) -> None:
    installed(library, "acme-orders", "orders = acme_orders")
    installed(library, "hookline-orders", "orders = acme_orders")

    with pytest.raises(PluginError) as caught:
        PluginRegistry.discover().load("orders")

    assert str(caught.value) == (
        "plugin `orders`: acme-orders 1.2 and hookline-orders 1.2 offer a plugin of this name; uninstall all but one"
    )


def test_rivals_of_a_name_that_no_bot_uses_harm_nobody(library: Path) -> None:
    installed(library, "acme-orders", "orders = acme_orders", "own = acme_orders")
    installed(library, "zeta-orders", "orders = zeta_orders")

    assert list(configured(library, bot("plugins:", "  own:")).bots["shop"].plugins) == ["own"]


def test_rival_of_a_plugin_of_our_own_is_told(library: Path) -> None:
    installed(library, "acme-orders", "echo = acme_orders")

    (found,) = findings(library, bot("plugins:", "  echo:"))

    assert found.message == (
        "plugin `echo`: acme-orders 1.2 and hookline-echo 0.1.0 offer a plugin of this name; uninstall all but one"
    )


def test_plugin_that_a_test_brings_along_is_the_one_that_is_meant(library: Path) -> None:
    installed(library, "acme-orders", "orders = acme_orders")
    installed(library, "zeta-orders", "orders = zeta_orders")
    registry = PluginRegistry.discover()

    registry.add(Installed("orders", "beta_orders"))

    assert registry.load("orders").module == "beta_orders"
