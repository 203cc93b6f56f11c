"""Settings of the whole suite, and the PostgreSQL server that tests share."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import tests.offline.sitecustomize as offline
from tests.postgres import PostgresServer, postgres_server

os.environ["PYTHONPATH"] = os.pathsep.join(
    filter(None, [str(Path(offline.__file__).parent), os.environ.get("PYTHONPATH")])
)  # so that the processes that tests start import it, too

collect_ignore = ["golden"]  # others' tests, run as theirs

os.environ["XDG_CACHE_HOME"] = tempfile.mkdtemp(prefix="hookline-cache-")  # nothing is left in that of the person
atexit.register(shutil.rmtree, os.environ["XDG_CACHE_HOME"], ignore_errors=True)

settings.register_profile("hookline", deadline=None)  # a busy machine is no defect
settings.load_profile("hookline")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Run one real PostgreSQL for the session; each test makes a database of its own on it."""
    with postgres_server("-c", "fsync=off") as server:  # what survives is up to processes here, not to power
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty store; a test that asks for it runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    shared: str = request.getfixturevalue("shared_url")
    return shared


@pytest.fixture
def shared_url(postgres: PostgresServer) -> str:
    """Return the URL of an empty store on PostgreSQL, for tests of several processes."""
    return postgres.emptied()
