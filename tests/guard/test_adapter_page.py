"""What docs/adapters.md shows is an adapter that keeps the contract, in a folder of its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from hookline.testing.adapter_contract import AdapterContract

TEXT = (Path(__file__).parents[2] / "docs" / "adapters.md").read_text("utf-8")
AUTO = ("-o", "asyncio_mode=auto", "-o", "pythonpath=.")
FILES = dict(re.findall(r"^```(?:python|toml)\n# (\S+)\n(.*?)^```", TEXT, re.M | re.S))


def test_adapter_of_the_page_keeps_the_contract(tmp_path: Path) -> None:
    for name, code in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(code, "utf-8")

    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *AUTO],
        cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip

    tests = sum(name.startswith("test_") for name in dir(AdapterContract)) + 1  # its own
    assert (result.returncode, f"{tests} passed" in result.stdout) == (0, True), result.stdout + result.stderr


def test_page_shows_a_whole_package() -> None:
    assert list(FILES) == ["pyproject.toml", "hookline_pager.py", "hookline_pager_simulated.py", "tests/test_pager.py"]
