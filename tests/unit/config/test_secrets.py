"""Check that a secret in a wrong place is never shown: not in a message, not in a hint, not in the quoted line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hookline.config.values.annotations import secrets_in
from hookline.findings.findings import Finding
from hookline.findings.listing import without_secret_like
from hookline.plugins.installed import Installed
from tests.support import configured, findings
from tests.unit.config.broken import HEAD, LINE, ROUTES, bot, line, route, top

CANARY = "cAnArY7sEcReT"
ENVIRONMENT = {
    "SECRET": "one-secret",
    "TOKEN": "one-token",
    "CANARY": CANARY,
    "URL": f"postgresql://me:{CANARY}@db/x",
}
SECRET, TOKEN = "channel_secret: ${SECRET}", "access_token: ${TOKEN}"


def _flow(settings: str) -> str:
    return HEAD.replace(LINE, f"    line: {{{settings}}}\n") + ROUTES


LITERAL = {
    "plain": line(SECRET, f"access_token: {CANARY}"),
    "single quotes": line(SECRET, f"access_token: '{CANARY}'"),
    "double quotes": line(SECRET, f'access_token: "{CANARY}"'),
    "quoted key": line(SECRET, f'"access_token": {CANARY}'),
    "explicit key": line(SECRET, "? access_token", f": {CANARY}"),
    "block": line(f"channel_secret: |\n        {CANARY}", TOKEN),
    "folded block": line(f"channel_secret: >-\n        {CANARY}", TOKEN),
    "on the next line": line(f"channel_secret:\n        {CANARY}", TOKEN),
    "over two lines": line(f"channel_secret: abc\n        {CANARY}", TOKEN),
    "over two lines, quoted": line(f'channel_secret: "abc\n        {CANARY}"', TOKEN),
    "in a list": line("channel_secret:", "  - ${SECRET}", f"  - {CANARY}", TOKEN),
    "in a list at the key's own indent": line("channel_secret:", "- ${SECRET}", f"- {CANARY}", TOKEN),
    "in brackets": line(f"channel_secret: ['${{SECRET}}', {CANARY}]", TOKEN),
    "in brackets over lines": line("channel_secret: [", "  '${SECRET}',", f"  {CANARY}", "]", TOKEN),
    "list where one goes": line(SECRET, "access_token:", f"  - {CANARY}"),
    "mapping where one goes": line(SECRET, "access_token:", f"  value: {CANARY}"),
    "mapping in a list": line("channel_secret:", f"  - value: {CANARY}", TOKEN),
    "beside file": line(f"channel_secret: {{file: x, value: {CANARY}}}", TOKEN),
    "default": line(f"channel_secret: ${{SECRET:-{CANARY}}}", TOKEN),
    "default of an unset variable": line(f"channel_secret: ${{NOPE:-{CANARY}}}", TOKEN),
    "message of an unset variable": line(f"channel_secret: ${{NOPE:?{CANARY}}}", TOKEN),
    "before a variable": line(f"channel_secret: {CANARY}${{SECRET}}", TOKEN),
    "after an unset variable": line(f"channel_secret: ${{NOPE}}{CANARY}", TOKEN),
    "as a tag": line(SECRET, f"access_token: !{CANARY} x"),
    "after a tag": line(SECRET, f"access_token: !!binary {CANARY}"),
    "as an anchor": line(SECRET, f"access_token: &{CANARY} x"),
    "as an alias": line(SECRET, f"access_token: *{CANARY}"),
    "duplicate, first": line(f"channel_secret: {CANARY}", SECRET, TOKEN),
    "duplicate, second": line(SECRET, f"channel_secret: {CANARY}", TOKEN),
    "flow": _flow(f'channel_secret: "${{SECRET}}", access_token: {CANARY}'),
    "flow, first": _flow(f'access_token: {CANARY}, channel_secret: "${{SECRET}}"'),
    "flow, with a brace": _flow(f'channel_secret: "${{SECRET}}", access_token: "ab}}{CANARY}", zzz: 1'),
    "flow, with a comma": _flow(f'channel_secret: "${{SECRET}}", access_token: "ab,{CANARY}", zzz: 1'),
    "flow, with a bracket": _flow(f'channel_secret: "${{SECRET}}", access_token: "ab]{CANARY}", zzz: 1'),
    "flow, one missing": _flow(f'channel_secret: "ab,{CANARY}"'),
    "flow, as JSON": _flow(f'"channel_secret":"{CANARY}","access_token":"{CANARY}"'),
    "flow, over lines": _flow(f"\n      channel_secret: x, access_token:\n        {CANARY}"),
    "flow, in a list": _flow(f'channel_secret: [{CANARY}, "${{SECRET}}"], access_token: x'),
    "flow, whole bot": f"version: 1\nbots:\n  shop: {{adapter: line, line: {{access_token: {CANARY}}}, timezone: x}}\n",
    "instead of the mapping": HEAD.replace(LINE, f"    line: {CANARY}\n") + ROUTES,
    "instead of the mapping, in a list": HEAD.replace(LINE, f"    line: [{CANARY}]\n") + ROUTES,
    "in the address of the API": line(SECRET, TOKEN, f"api_base: ftp://me:{CANARY}@proxy/"),
    "in a comment beside a variable": line(f"channel_secret: ${{NOPE}} # was {CANARY}", TOKEN),
    "in a comment beside braces": HEAD.replace(LINE, f"    line: {{}} # access_token: {CANARY}\n") + ROUTES,
}

MISSPELT = {
    "token": line(SECRET, f"acces_tokn: {CANARY}"),
    "secret": line(f"channel_secrt: {CANARY}", TOKEN),
    "secret, beyond help": line(f"chnl_scrt: {CANARY}", TOKEN),
    "in a list": line("channel_secrt:", f"  - {CANARY}", TOKEN),
    "block": line(f"channel_secrt: |\n        {CANARY}", TOKEN),
    "twice": line(SECRET, TOKEN, f"acces_tokn: {CANARY}", f"acces_tokn: {CANARY}"),
    "as an alias": line(SECRET, f"acces_tokn: *{CANARY}"),
    "as a tag": line(SECRET, f"acces_tokn: !{CANARY}"),
    "as an anchor": line(SECRET, f"acces_tokn: &{CANARY} x"),
    "flow": _flow(f'channel_secret: "${{SECRET}}", acces_tokn: {CANARY}'),
    "flow, both": _flow(f"channel_secrt: {CANARY}, access_token: {CANARY}"),
    "flow, alone": _flow(f"acces_tokn: {CANARY}"),
    "flow, twice": _flow(f'channel_secret: "${{SECRET}}", acces_tokn: {CANARY}, acces_tokn: b'),
    "flow, over lines": _flow(f'\n      channel_secret: "${{SECRET}}", acces_tokn:\n        {CANARY}'),
    "flow, whole bot": f"version: 1\nbots:\n  shop: {{adapter: line, line: {{acces_tokn: {CANARY}}}, timezone: x}}\n",
    "at bot level": bot(f"channel_secrt: {CANARY}"),
    "at bot level, right name": bot(f"access_token: {CANARY}"),
    "at bot level, in a list": bot("channel_secrt:", f"  - {CANARY}"),
    "at bot level, of another platform": bot("slack:", f"  bot_tokn: {CANARY}"),
    "at bot level, flow": f"version: 1\nbots:\n  shop: {{adapter: line, acces_tokn: {CANARY}, timezone: x}}\n",
    "at the top": top(f"acces_tokn: {CANARY}"),
    "at the top, the whole section": top("line:", f"  acces_tokn: {CANARY}"),
    "in a route": route(f"acces_tokn: {CANARY}", "keyword: a", "reply: b"),
    "in a condition": route("keyword: a", f"when: {{acces_tokn: {CANARY}}}", "reply: b"),
}

NOT_YAML = {
    "unknown escape": line(SECRET, f'access_token: "{CANARY}\\d"'),
    "quote that is never closed": line(SECRET, f'access_token: "{CANARY}'),
    "at sign": line(SECRET, f"access_token: @{CANARY}"),
    "colon": line(SECRET, f"access_token: {CANARY}: x"),
    "no blank after the key": line(SECRET, f"access_token:{CANARY}"),
    "equals sign": line(SECRET, f"access_token={CANARY}"),
    "misspelt, at sign": line(SECRET, f"acces_tokn: @{CANARY}"),
    "misspelt, percent sign": line(SECRET, f"acces_tokn: %{CANARY}"),
    "misspelt, colon": line(SECRET, f"acces_tokn: {CANARY}: x"),
    "misspelt, no blank": line(SECRET, f"acces_tokn:{CANARY}"),
    "brace that is never closed": HEAD.replace(LINE, f"    line: {{acces_tokn: {CANARY}\n") + ROUTES,
}

PLUGINS = {
    "unknown key that tells": bot("plugins:", "  tickets:", f"    api_key: {CANARY}"),
    "unknown password, flow": bot(f"plugins: {{tickets: {{password: {CANARY}}}}}"),
    "unknown key that doesn't tell": bot("plugins:", "  tickets:", f"    pwd: {CANARY}"),
    "unknown key, flow": bot(f"plugins: {{tickets: {{pwd: {CANARY}}}}}"),
    "plugin that isn't installed": bot("plugins:", "  crm:", f"    api_key: {CANARY}"),
    "plugin that isn't installed, flow": bot(f"plugins: {{crm: {{api_key: {CANARY}}}}}"),
    "plugin that isn't installed, comma": bot(f'plugins: {{crm: {{api_key: "a,{CANARY}"}}}}'),
    "instead of settings": bot("plugins:", f"  tickets: {CANARY}"),
    "wrong type": bot("plugins:", f"  tickets: {{staff: {{password: {CANARY}}}}}"),
    "wrong type, from the environment": bot("plugins: {tickets: {notify_at: '${CANARY}'}}"),
}

STORES = {
    "password": top(f"store: postgresql://me:{CANARY}@db/x"),
    "password alone": top(f"store: postgresql://:{CANARY}@db/x"),
    "password in quotes": top(f"store: 'postgresql://me:{CANARY}@db/x'"),
    "password with a slash": top(f"store: postgresql://me:a/{CANARY}@db/x"),
    "password with an at sign": top(f"store: postgresql://me:p@{CANARY}@db/x"),
    "password with a blank": top(f"store: 'postgresql://me:p {CANARY}@db/x'"),
    "password as a default": top(f"store: postgresql://me:${{PW:-{CANARY}}}@db/x"),
    "password in the query": top(f"store: postgresql://me@db/x?password={CANARY}"),
    "user that is a password": top(f"store: redis://{CANARY}@db"),
    "password below": top(f"store: >-\n  postgresql://me:{CANARY}@db/x"),
    "password in a list": top(f"store: [postgresql://me:{CANARY}@db/x]"),
    "password of a second store": top("store: sqlite:///x", f"store: postgresql://me:{CANARY}@db/x"),
    "password of a misspelt store": top(f"stroe: postgresql://me:{CANARY}@db/x"),
    "all of it from the environment, misread": top("store: x${URL}"),
}

ENVIRONMENT_VALUES = {
    "version": HEAD.replace("version: 1", "version: ${CANARY}") + ROUTES,
    "adapter": HEAD.replace("adapter: line", "adapter: ${CANARY}") + ROUTES,
    "timezone": bot("timezone: ${CANARY}"),
    "bool": bot("push_fallback: ${CANARY}"),
    "number": top("retention: {ids_days: '${CANARY}'}"),
    "include": bot("routes:", "  - include: ${CANARY}"),
    "run": route("keyword: a", "run: x.${CANARY}"),
    "event type": route("on: ${CANARY}", "reply: b"),
    "time": route("keyword: a", "when: {time: '${CANARY}'}", "reply: b"),
    "chat": route("keyword: a", "when: {chat: '${CANARY}'}", "reply: b"),
    "pattern": route("pattern: '(${CANARY}'", "reply: b"),
    "file": route("keyword: a", "reply: {json: '${CANARY}'}"),
    "secret's file": line("channel_secret: {file: '${CANARY}'}", TOKEN),
    "placeholder": route("keyword: a", "reply: '{x.${CANARY}}'"),
    "route without a matcher": bot("routes:", "  - {name: '${CANARY}', reply: b}"),
    "address of the API": line(SECRET, TOKEN, "api_base: ${CANARY}"),
}

TABLES = {
    "literal": LITERAL,
    "misspelt": MISSPELT,
    "not YAML": NOT_YAML,
    "plugin": PLUGINS,
    "store": STORES,
    "environment": ENVIRONMENT_VALUES,
}
CASES = {f"{table}: {name}": text for table, texts in TABLES.items() for name, text in texts.items()}


@pytest.mark.parametrize("text", CASES.values(), ids=CASES.keys())
def test_planted_secret_is_never_shown(text: str, tmp_path: Path) -> None:
    found = findings(tmp_path, text, ENVIRONMENT)

    assert found
    assert [shown for one in found for shown in _shown(one) if CANARY.lower() in shown.lower()] == []


CHANNEL_SECRET = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
ACCESS_TOKEN = 4 * "gM4+a/9tQb7ZkV0sLw2ncXyR8uPfJd1hEoG5iKvB3rT6" + "="
JWT = "eyJhbGciOiJIUzI1NiJ9.UnQ_qD-7a8s9dF0g1H2j3K4l5Z6x7C8v9B0n.m1Q2w3E4r5T6"
WRONG = {
    **{name: text for name, text in ENVIRONMENT_VALUES.items() if name not in ("file", "placeholder")},
    "unknown key at the top": top("${CANARY}: x"),
    "key of the platform": line(SECRET, TOKEN, "${CANARY}: x"),
    "key of the platform, twice": line(SECRET, TOKEN, "${CANARY}: x", "${CANARY}: y"),
    "name of a variable": line("channel_secret: '${${CANARY}}'", TOKEN),
    "plugin": bot("plugins: {'${CANARY}': }"),
    "key of a plugin": bot("plugins: {tickets: {'${CANARY}': 1}}"),
    "handler": route("keyword: a", "run: tickets.${CANARY}"),
    "intent": route("intent: ${CANARY}", "reply: b"),
    "list": bot("allow: {users: 'lists.${CANARY}'}"),
    "file of a reply": route("keyword: a", "reply: {json: ${CANARY}}"),
    "store": top("store: ${CANARY}"),
    "limit": top("limits: {running: ${CANARY}}"),
    "cooldown": route("keyword: a", "cooldown: ${CANARY}", "reply: b"),
    "override": bot("routes:", "  - {name: a.${CANARY}, override: true, reply: b}"),
}


@pytest.mark.parametrize("secret", [CHANNEL_SECRET, ACCESS_TOKEN, JWT], ids=["channel secret", "access token", "JWT"])
@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG.keys())
def test_what_looks_like_a_secret_is_shown_nowhere(text: str, secret: str, tmp_path: Path) -> None:
    found = findings(tmp_path, text.replace("${CANARY}", secret), ENVIRONMENT)

    assert found
    assert [shown for one in found for shown in _shown(one) if secret in shown] == []


@pytest.mark.parametrize(
    "plain", ["U" + CHANNEL_SECRET, "/".join(["folder"] * 20) + "/__init__.py", "https://example.com/" + 90 * "a"]
)
def test_id_path_and_url_look_like_no_secret(plain: str) -> None:
    assert without_secret_like(plain) == plain


TELLTALE = """
from pydantic import BaseModel, SecretStr, field_validator
from hookline import hookimpl

class Settings(BaseModel):
    key: SecretStr

    @field_validator("key", mode="before")
    @classmethod
    def known(cls, value):
        raise %s

@hookimpl
def hookline_settings():
    return Settings
"""


@pytest.mark.parametrize(
    ("kept", "raised", "said"),
    [
        (CANARY, 'ValueError(f"token {value} is no good")', "`key`: token ••• is no good"),
        (CANARY, "KeyError(value)", "plugin `telltale`: checking its settings failed: KeyError: '•••'"),
        (f"{CANARY}\n{CANARY}", 'ValueError(f"token {value!r} is no good")', "`key`: token '•••' is no good"),
    ],
)
def test_secret_of_a_file_that_a_plugin_tells_is_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: str, raised: str, said: str
) -> None:
    name = tmp_path.name
    (tmp_path / f"{name}.py").write_text(TELLTALE % raised)
    (tmp_path / "key.txt").write_text(f"{kept}\n")
    monkeypatch.syspath_prepend(tmp_path)
    text = bot("plugins: {telltale: {key: {file: key.txt}}}")

    (found,) = findings(tmp_path, text, ENVIRONMENT, plugins=[Installed("telltale", name)])

    assert found.message == said
    assert [shown for shown in _shown(found) if CANARY in shown] == []


VAULT = """
from pydantic import BaseModel, SecretBytes, SecretStr
from hookline import hookimpl

class Account(BaseModel):
    password: SecretStr

class Settings(BaseModel):
    key: SecretStr
    keys: list[SecretStr]
    raw: SecretBytes
    account: Account

@hookimpl
def hookline_settings():
    return Settings
"""
PASTED = [
    " {}", "{}\n", "{}\r\n", "\t{}", "\ufeff{}", "{}\u200b", "\u00a0{}\u3000", "\u2060{}\u200e", "\u2028{}",
    "{}\u00ad\n", "\ufeff \u200b{}\u200b \ufeff",
]  # fmt: skip


@pytest.mark.parametrize("around", PASTED, ids=range(len(PASTED)))
@pytest.mark.parametrize("kept", [CANARY, f"'{CANARY}'", f"Bearer {CANARY}", f"{CANARY} {CANARY}"])
def test_secret_of_a_plugin_loses_what_is_invisible_around_it_and_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, around: str, kept: str
) -> None:
    name = tmp_path.name
    (tmp_path / f"{name}.py").write_text(VAULT)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "key.txt").write_text(around.format(kept), "utf-8")
    one = "${CANARY}"
    text = bot(
        "plugins:", "  vault:", f"    key: {one}", f"    keys: ['{one}', {{file: key.txt}}]",
        "    raw: {file: key.txt}", f"    account: {{password: '{one}'}}",
    )  # fmt: skip

    configuration = configured(
        tmp_path, text, {**ENVIRONMENT, "CANARY": around.format(kept)}, plugins=[Installed("vault", name)]
    )

    settings = configuration.bots["shop"].plugins["vault"].settings
    assert list(secrets_in(settings)) == [kept] * 5
    assert kept in configuration.secrets


def test_reference_in_the_quoted_line_is_shown(tmp_path: Path) -> None:
    found = findings(tmp_path, line("channel_secret: ${NOPE}", TOKEN), ENVIRONMENT)

    assert [one.source for one in found] == ["      channel_secret: ${NOPE}"]


def test_references_in_braces_are_shown_whole(tmp_path: Path) -> None:
    found = findings(tmp_path, _flow('channel_secret: "${SECRET}", acces_token: "${TOKEN}"'), ENVIRONMENT)

    assert not [one.source for one in found if "•••}" in one.source]


def test_checked_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    text = line("channel_secret: ${CANARY}", "access_token: ${CANARY}")

    shop = configured(tmp_path, text, ENVIRONMENT).bots["shop"]

    assert CANARY not in repr(shop.adapter_settings)
    assert CANARY not in shop.adapter_settings.model_dump_json()


def test_every_used_secret_is_known_for_masking(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text(f"{CANARY}\n")
    text = line("channel_secret:", "  - ${SECRET}", "  - ${TOKEN}", "access_token: {file: token.txt}")

    configuration = configured(tmp_path, text, ENVIRONMENT)

    assert configuration.secrets == {"one-secret", "one-token", CANARY}


def test_password_of_the_store_is_known_for_masking(tmp_path: Path) -> None:
    text = line(SECRET, TOKEN).replace("version: 1", "version: 1\nstore: postgresql://me:${CANARY}@host/x")

    configuration = configured(tmp_path, text, ENVIRONMENT)

    assert configuration.store == f"postgresql://me:{CANARY}@host/x"
    assert CANARY in configuration.secrets


def _shown(finding: Finding) -> list[str]:
    return [finding.render(), str(finding), json.dumps(finding.as_dict(), ensure_ascii=False)]
