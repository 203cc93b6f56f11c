"""Paste secrets and tokens as people do: what is whole is taken, what can't be one is refused and never shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hookline.adapters.line.adapter import LineSettings
from hookline.findings.findings import Finding
from tests.support import configured, findings
from tests.unit.config.broken import line

SECRET = "3f9c2a7be0d14856a1f27c9b6e03d5a8"
TOKEN = "kQ7+r/Tz0u~V.w-X_y12" * 8 + "=="
TEXT = line("channel_secret: ${SHOP_SECRET}", "access_token: ${SHOP_TOKEN}")
SECRET_RULE = "a channel secret is 32 letters and digits in one run; copy it once more from LINE's console"
TOKEN_RULE = (
    "a token is letters, digits and `-._~+/` in one run, `=` at its end only; copy it once more from LINE's console"
)

AROUND = {
    "nothing": "{}",
    "blank before": " {}",
    "blank after": "{} ",
    "tab": "\t{}\t",
    "line break": "{}\n",
    "line break of Windows": "{}\r\n",
    "several line breaks": "\n\n{}\r\n\n",
    "byte order mark": "\ufeff{}",
    "byte order mark and line break": "\ufeff{}\r\n",
    "no-break space": "\u00a0{}\u00a0",
    "ideographic space": "\u3000{}",
    "zero-width space": "{}\u200b",
    "zero-width joiners": "\u200d{}\u200c",
    "word joiner": "\u2060{}",
    "soft hyphen": "{}\u00ad",
    "mark of direction": "\u200e{}\u200f",
    "embedding": "\u202a{}\u202c",
    "isolate": "\u2066{}\u2069",
    "Hangul filler": "\u3164{}",
    "double quotes": '"{}"',
    "single quotes": "'{}'",
    "backticks": "`{}`",
    "curly quotes": "“{}”",
    "single curly quotes": "‘{}’",
    "low quotes": "„{}“",
    "guillemets": "«{}»",
    "corner brackets": "「{}」",
    "full-width quotes": "＂{}＂",
    "quotes and a line break": '"{}"\n',
    "quotes, blanks within": '" {} "',
    "quotes in quotes": "\"'{}'\"",
    "quotes around a byte order mark": '"\ufeff{}"',
    "all at once": "\ufeff “ \u200b'{}'\u00a0” \r\n",
}
BEFORE_A_TOKEN = {
    "Bearer": "Bearer {}",
    "bearer": "bearer {}",
    "BEARER and blanks": "BEARER   {}",
    "Bearer and a tab": "Bearer\t{}",
    "Bearer twice": "Bearer Bearer {}",
    "quotes around": '"Bearer {}"',
    "quotes within": "Bearer '{}'",
    "quotes around and within": "“Bearer “{}””",
    "header": "Authorization: Bearer {}",
    "header in small letters": "authorization:bearer {}\r\n",
    "no-break space": "Bearer\u00a0{}",
    "line break": "Bearer\n{}\n",
    "zero-width space": "\u200bBearer {}\u200b",
}
INSIDE = {
    "blank": ("{0} {1}", "a blank stands inside it"),
    "tab": ("{0}\t{1}", "a blank stands inside it"),
    "no-break space": ("{0}\u00a0{1}", "a blank stands inside it"),
    "ideographic space": ("{0}\u3000{1}", "a blank stands inside it"),
    "line break": ("{0}\n{1}", "a line break stands inside it"),
    "line break of Windows": ("{0}\r\n{1}", "a line break stands inside it"),
    "line separator": ("{0}\u2028{1}", "a line break stands inside it"),
    "byte order mark": ("{0}\ufeff{1}", "an invisible character stands inside it"),
    "zero-width space": ("{0}\u200b{1}", "an invisible character stands inside it"),
    "soft hyphen": ("{0}\u00ad{1}", "an invisible character stands inside it"),
    "Hangul filler": ("{0}\u3164{1}", "an invisible character stands inside it"),
    "NUL": ("{0}\0{1}", "a control character stands inside it"),
    "escape": ("{0}\x1b[0m{1}", "a control character stands inside it"),
    "delete": ("{0}\x7f{1}", "a control character stands inside it"),
    "Chinese": ("{0}密鑰{1}", "a character that isn't ASCII stands inside it"),
    "full-width letter": ("{0}Ａ{1}", "a character that isn't ASCII stands inside it"),
    "Cyrillic letter": ("{0}\u0430{1}", "a character that isn't ASCII stands inside it"),
    "emoji": ("🔑{0}{1}", "a character that isn't ASCII stands inside it"),
    "minus sign": ("{0}\u2212{1}", "a character that isn't ASCII stands inside it"),
    "quote that is never closed": ('"{0}{1}', "a quotation mark stands inside it"),
    "quote that was never opened": ("{0}{1}”", "a quotation mark stands inside it"),
    "two kinds of quotes": ("'{0}{1}\"", "a quotation mark stands inside it"),
    "two of them": ("{0}{1}, {0}{1}", "a blank stands inside it"),
    "comment": ("{0}{1} # of the shop", "a blank stands inside it"),
}
INSIDE_A_TOKEN = {
    "assignment": ("TOKEN={0}{1}", "a `=` stands inside it"),
    "comma": ("{0}{1},", "a character that no token has stands inside it"),
    "semicolon": ("{0}{1};", "a character that no token has stands inside it"),
    "colon": ("token:{0}{1}", "a character that no token has stands inside it"),
    "angle bracket": ("<{0}{1}", "a character that no token has stands inside it"),
    "backslash": ("{0}{1}\\n", "a character that no token has stands inside it"),
    "percent sign": ("{0}%2B{1}", "a character that no token has stands inside it"),
    "at sign": ("{0}@{1}", "a character that no token has stands inside it"),
    "dollar": ("{0}${1}", "a character that no token has stands inside it"),
    "asterisks": ("{0}***{1}", "a character that no token has stands inside it"),
}
EMPTY = {"quotes": '""', "curly quotes": "“”", "quotes around blanks": '"  "', "quotes in quotes": "'\"\"'"}
EMPTY_TOKEN = {"Bearer": "Bearer", "Bearer and a blank": "Bearer ", "Bearer in quotes": '"Bearer "'}
PLACEHOLDERS = [
    "<your token>", "<channel secret>", "{token}", "{{ token }}", "[token]", "$TOKEN", "${SHOP_TOKEN}", "%TOKEN%",
    "xxx", "XXXXXXXX", "***", "...", "…", "___", "YOUR_CHANNEL_SECRET", "your-token", "your token here", "yourtoken",
    "insert-token-here", "paste_it_here", "changeme", "change-me", "CHANGE_THIS", "todo", "TBD", "placeholder", "none",
    "null", "undefined", "CHANNEL_SECRET", "LINE_CHANNEL_ACCESS_TOKEN", "access-token", "'changeme'", "n/a",
]  # fmt: skip


def taken(folder: Path, secret: str = SECRET, token: str = TOKEN) -> tuple[str, str]:
    """Return the secret and the token that a bot has whose variables hold *secret* and *token*."""
    configuration = configured(folder, TEXT, {"SHOP_SECRET": secret, "SHOP_TOKEN": token})
    settings = configuration.bots["shop"].adapter_settings
    assert isinstance(settings, LineSettings)
    return settings.channel_secret[0].get_secret_value(), settings.access_token.get_secret_value()


def refused(folder: Path, secret: str = SECRET, token: str = TOKEN) -> Finding:
    """Return what is wrong with *secret* or *token*."""
    (found,) = findings(folder, TEXT, {"SHOP_SECRET": secret, "SHOP_TOKEN": token})
    return found


def halves(text: str) -> tuple[str, str]:
    """Return the halves of *text*."""
    return text[: len(text) // 2], text[len(text) // 2 :]


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_whole_secret_is_taken_without_what_stands_around_it(tmp_path: Path, around: str) -> None:
    assert taken(tmp_path, secret=around.format(SECRET)) == (SECRET, TOKEN)


@pytest.mark.parametrize("around", [*AROUND.values(), *BEFORE_A_TOKEN.values()], ids=[*AROUND, *BEFORE_A_TOKEN])
def test_whole_token_is_taken_without_what_stands_around_it(tmp_path: Path, around: str) -> None:
    assert taken(tmp_path, token=around.format(TOKEN)) == (SECRET, TOKEN)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND.keys())
def test_secret_of_a_file_is_taken_alike(tmp_path: Path, around: str) -> None:
    (tmp_path / "secret.txt").write_bytes(around.format(SECRET).encode())
    text = TEXT.replace("${SHOP_SECRET}", "{file: secret.txt}")

    settings = configured(tmp_path, text, {"SHOP_TOKEN": TOKEN}).bots["shop"].adapter_settings

    assert isinstance(settings, LineSettings)
    assert settings.channel_secret[0].get_secret_value() == SECRET


@pytest.mark.parametrize("token", ["t", "test-token", "eyJhbGciOiJIUzI1NiJ9.UnQ_qD-7a8.m1Q2w3E4", TOKEN, "a+/~=="])
def test_tokens_of_every_kind_are_taken_as_they_are(tmp_path: Path, token: str) -> None:
    assert taken(tmp_path, token=token) == (SECRET, token)


@pytest.mark.parametrize(("around", "flaw"), INSIDE.values(), ids=INSIDE.keys())
def test_secret_that_can_be_none_is_refused_by_its_kind(tmp_path: Path, around: str, flaw: str) -> None:
    found = refused(tmp_path, secret=around.format(*halves(SECRET)))

    assert str(found) == f"{tmp_path}/bot.yaml:6:23: `channel_secret` (variable `SHOP_SECRET`): {flaw}"
    assert (found.hint, found.source) == (SECRET_RULE, "      channel_secret: ${SHOP_SECRET}")


@pytest.mark.parametrize(
    ("around", "flaw"), [*INSIDE.values(), *INSIDE_A_TOKEN.values()], ids=[*INSIDE, *INSIDE_A_TOKEN]
)
def test_token_that_can_be_none_is_refused_by_its_kind(tmp_path: Path, around: str, flaw: str) -> None:
    found = refused(tmp_path, token=around.format(*halves(TOKEN)))

    assert str(found) == f"{tmp_path}/bot.yaml:7:21: `access_token` (variable `SHOP_TOKEN`): {flaw}"
    assert (found.hint, found.source) == (TOKEN_RULE, "      access_token: ${SHOP_TOKEN}")


@pytest.mark.parametrize(
    "around", [around for around, _ in [*INSIDE.values(), *INSIDE_A_TOKEN.values()]], ids=[*INSIDE, *INSIDE_A_TOKEN]
)
def test_refusal_shows_no_part_of_the_value(tmp_path: Path, around: str) -> None:
    shown = json.dumps(refused(tmp_path, token=around.format(*halves(TOKEN))).as_dict())

    assert [part for part in halves(TOKEN) if part[:6] in shown or part[-6:] in shown] == []


@pytest.mark.parametrize("token", [*EMPTY.values(), *EMPTY_TOKEN.values()], ids=[*EMPTY, *EMPTY_TOKEN])
def test_token_of_which_nothing_is_left_is_refused(tmp_path: Path, token: str) -> None:
    assert refused(tmp_path, token=token).message == (
        "`access_token` (variable `SHOP_TOKEN`): nothing is left when quotes and the like are taken off"
    )


@pytest.mark.parametrize("secret", ["", " ", "\n", "\t\r\n", "\ufeff", "\u200b", "\u00a0\u3000", "\u2060 \u200e"])
def test_secret_of_nothing_visible_is_empty(tmp_path: Path, secret: str) -> None:
    found = refused(tmp_path, secret=secret)

    assert found.message == "the secret for `channel_secret` is empty (variable `SHOP_SECRET`)"


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_placeholder_is_no_credential(tmp_path: Path, text: str) -> None:
    found = [refused(tmp_path, secret=text).message, refused(tmp_path, token=text).message]

    assert found == [
        "`channel_secret` (variable `SHOP_SECRET`): the real one was never filled in",
        "`access_token` (variable `SHOP_TOKEN`): the real one was never filled in",
    ]


def test_bearer_before_a_channel_secret_is_no_part_of_one(tmp_path: Path) -> None:
    assert "a blank stands inside it" in refused(tmp_path, secret=f"Bearer {SECRET}").message


def test_each_secret_of_a_rotation_is_looked_at_at_its_own_place(tmp_path: Path) -> None:
    text = line("channel_secret:", "  - ${NEW}", "  - ${OLD}", "access_token: ${TOKEN}")

    (found,) = findings(tmp_path, text, {"NEW": f'"{SECRET}"\n', "OLD": f"{SECRET} x", "TOKEN": TOKEN})

    assert str(found) == f"{tmp_path}/bot.yaml:8:11: `channel_secret` (variable `OLD`): a blank stands inside it"


def test_secret_as_it_is_used_is_known_for_masking(tmp_path: Path) -> None:
    configuration = configured(tmp_path, TEXT, {"SHOP_SECRET": f"'{SECRET}'", "SHOP_TOKEN": f"Bearer {TOKEN}\n"})

    assert {SECRET, TOKEN} <= configuration.secrets


def test_env_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(f"\ufeffSHOP_SECRET={SECRET}\r\nSHOP_TOKEN=“{TOKEN}”\r\n".encode())

    settings = configured(tmp_path, TEXT, {"OTHER": "x"}).bots["shop"].adapter_settings

    assert isinstance(settings, LineSettings)
    assert settings.channel_secret[0].get_secret_value() == SECRET
    assert settings.access_token.get_secret_value() == TOKEN
