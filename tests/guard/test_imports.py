"""What is imported only by those who need it, since everybody waits for it."""

from __future__ import annotations

import subprocess
import sys


def test_command_that_only_reads_a_configuration_imports_nothing_of_a_host() -> None:
    heavy = ("quart", "hypercorn", "sqlalchemy", "structlog", "rich.console", "linebot", "httpx", "hookline.host")
    code = f"import sys, hookline.cli.main, hookline.cli.check; print([one for one in {heavy} if one in sys.modules])"

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout == "[]\n"
