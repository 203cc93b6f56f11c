"""What was written against the public door of an earlier commit runs unchanged; `tests/golden/door` keeps it."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import aiohttp
import pytest

from hookline.testing import SimulatedLine
from tests.e2e.hosts import run_site
from tests.support import SECRET

DOOR = Path(__file__).parents[1] / "golden" / "door"
PATIENCE_SECONDS = 60.0
FAX = """
version: 1
store: {store}
bots:
  office:
    adapter: fax
    fax: {{secret: ["${{SECRET}}"], tray: TRAY}}
    routes:
      - {{name: menu, keyword: 菜單, reply: 牛肉麵}}
"""


def installed(folder: Path, name: str) -> Path:
    """Lay the distribution *name* into *folder*, as pip would, before all that is installed; return its sources."""
    sources = DOOR / name
    project = tomllib.loads((sources / "pyproject.toml").read_text("utf-8"))["project"]
    shutil.copytree(sources / "src", folder, dirs_exist_ok=True)
    information = folder / f"{name.replace('-', '_')}-9.9.dist-info"
    information.mkdir()
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n")
    points = [
        line
        for group, offered in project["entry-points"].items()
        for line in (f"[{group}]", *(f"{point} = {target}" for point, target in offered.items()))
    ]
    (information / "entry_points.txt").write_text("\n".join([*points, ""]))
    return sources


def python_path(folder: Path) -> str:
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.mark.parametrize("name", ["hookline-echo", "hookline-tickets"])
def test_plugin_passes_its_own_tests(name: str, tmp_path: Path) -> None:
    sources = installed(tmp_path, name)
    options = ["-p", "no:cacheprovider", "-o", "asyncio_mode=auto", "-c", os.devnull, "--import-mode=importlib"]
    environment = {**os.environ, "PYTHONPATH": python_path(tmp_path)}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options, f"--rootdir={sources}", str(sources / "tests")],
        capture_output=True, text=True, timeout=110, check=False, env=environment,
    )  # fmt: skip
    listed = subprocess.run(
        [sys.executable, "-m", "hookline", "plugins"],
        capture_output=True, text=True, timeout=60, check=True, cwd=tmp_path, env={**environment, "COLUMNS": "200"},
    )  # fmt: skip

    assert result.returncode == 0, result.stdout
    assert f"{name} 9.9" in listed.stdout


async def test_adapter_takes_and_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed(tmp_path / "installed", "hookline-fax")
    monkeypatch.setenv("PYTHONPATH", python_path(tmp_path / "installed"))
    tray = tmp_path / "tray"
    body = json.dumps({"pages": [{"id": "1", "from": "mei", "text": "菜單"}]}).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()

    bot = FAX.replace("TRAY", str(tray))
    async with run_site(tmp_path, f"sqlite:///{tmp_path}/fax.db", SimulatedLine(), bot=bot) as site:
        async with aiohttp.ClientSession() as session, asyncio.timeout(PATIENCE_SECONDS):
            url = f"{site.url}/webhooks/office"
            statuses = [
                (await session.post(url, data=body, headers={"x-fax-signature": given})).status
                for given in ("wrong", signature)
            ]
            while not tray.exists() or not tray.read_text("utf-8").endswith("\n"):
                await asyncio.sleep(0.02)

    assert statuses == [401, 200]
    assert json.loads(tray.read_text("utf-8")) == ["callback", "1", [{"type": "text", "text": "牛肉麵"}]]
