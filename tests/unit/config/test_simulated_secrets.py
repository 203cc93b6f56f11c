"""Which secrets are made up where nothing need be set: only those that are missing."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, SecretStr

from hookline import hookimpl
from hookline.config.configuration import BotConfiguration
from hookline.config.values.coercion import SIMULATED_SECRET
from hookline.plugins.installed import Installed
from tests.support import configured
from tests.unit.config.broken import HEAD, ROUTES

VAULT = Installed("vault", "tests.unit.config.test_simulated_secrets")
ENVIRONMENT = {"KEY": "set-key", "EMPTY": "", "NAME": "key.txt"}


class Account(BaseModel):
    """Hold a secret inside of settings."""

    password: SecretStr


class Settings(BaseModel):
    """Hold a secret in every form that one can have."""

    key: SecretStr
    spare: SecretStr | None = None
    keys: list[SecretStr] = []
    account: Account | None = None


@hookimpl
def hookline_settings() -> type[BaseModel]:
    """Register the settings."""
    return Settings


def bot_of(folder: Path, settings: str) -> BotConfiguration:
    (folder / "key.txt").write_text("key of the file\n", "utf-8")
    (folder / "bytes.txt").write_bytes(b"\xff\xfe")
    text = HEAD + f"    plugins: {{vault: {settings}}}\n" + ROUTES
    return configured(folder, text, ENVIRONMENT, [VAULT], is_simulated=True).bots["shop"]


def settings_of(folder: Path, settings: str) -> Settings:
    found = bot_of(folder, settings).plugins["vault"].settings
    assert isinstance(found, Settings)
    return found


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("{key: '${KEY}'}", "set-key"),
        ("{key: '${KEY:-other}'}", "set-key"),
        ("{key: '${NOPE:-other}'}", "other"),
        ("{key: '${EMPTY:-other}'}", "other"),
        ("{key: 'begin-${KEY}'}", "begin-set-key"),
        ("{key: {file: key.txt}}", "key of the file"),
        ("{key: {file: '${NAME}'}}", "key of the file"),
        ("{key: written out}", "written out"),
        ("{key: '0123'}", "0123"),
        ("{key: 0123}", "0123"),
        ("{key: true}", "true"),
        ("{key: 金鑰}", "金鑰"),
    ],
)
def test_secret_that_is_given_or_set_counts(written: str, key: str, tmp_path: Path) -> None:
    assert settings_of(tmp_path, written).key.get_secret_value() == key


@pytest.mark.parametrize(
    "written",
    [
        "{}",
        "{key: '${NOPE}'}",
        "{key: '${NOPE:?ask somebody}'}",
        "{key: '${KEY}${NOPE}'}",
        "{key: '${EMPTY}'}",
        "{key: ''}",
        "{key: {file: nope.txt}}",
        "{key: {file: '${NOPE}'}}",
        "{key: {file: bytes.txt}}",
        "{key: {file: .}}",
        "{key: '${'}",
        "{key: {value: x}}",
    ],
)
def test_secret_that_is_missing_is_made_up(written: str, tmp_path: Path) -> None:
    assert settings_of(tmp_path, written).key.get_secret_value() == SIMULATED_SECRET


def test_secrets_in_lists_and_below_count_alike(tmp_path: Path) -> None:
    found = settings_of(tmp_path, "{key: a, keys: ['${KEY}', '${NOPE}', c], account: {password: d}}")

    assert [key.get_secret_value() for key in found.keys] == ["set-key", SIMULATED_SECRET, "c"]
    assert found.account is not None
    assert found.account.password.get_secret_value() == "d"


def test_secret_that_need_not_be_given_stays_left_out(tmp_path: Path) -> None:
    assert settings_of(tmp_path, "{key: a}").spare is None
    assert settings_of(tmp_path, "{key: a, spare: '${NOPE}'}").spare is None


def test_secret_that_counts_is_hidden_and_one_that_is_made_up_is_none(tmp_path: Path) -> None:
    bot_of(tmp_path, "{}")
    text = HEAD + "    plugins: {vault: {key: '${KEY}', keys: [written-out]}}\n" + ROUTES
    configuration = configured(tmp_path, text, ENVIRONMENT, [VAULT], is_simulated=True)

    assert configuration.secrets == {"set-key", "written-out"}
