"""Check which lines of a file are shown whole: never a comment where a secret may have been."""

from __future__ import annotations

from hookline.config.keys.open_keys import OPEN_KEYS
from hookline.findings.listing import Listing

TEXT = """\
# at the top
version: 1
# between
bots:
  # of bots
  shop:
    adapter: line
    # of the bot
    line:
      channel_secret:
        - ${SECRET}
        # - 0123456789abcdef
      # below the keys
      access_token: ${TOKEN}
# - at the first column
    # after the section
    settings:
      # how we greet
      word: hello
      api_key: ${KEY}
      # after what tells of a secret
    routes:
      # what we sell

      # each day
      - {name: menu, keyword: menu, reply: |
          # a heading
        }
      # - {name: old, keyword: old, reply: old}
      # - {name: token, keyword: old, reply: old}
  # cafe:
  #   line: [0123456789abcdef]
"""


def test_comment_is_shown_only_where_no_secret_belongs() -> None:
    listing = Listing(TEXT, OPEN_KEYS)

    lines = [listing.shown(number) for number, line in enumerate(listing.lines, 1) if line.lstrip().startswith("#")]

    assert lines == [
        "# •••",
        "# •••",
        "  # •••",
        "    # •••",
        "        # •••",
        "      # •••",
        "# •••",
        "    # •••",
        "      # how we greet",
        "      # •••",
        "      # what we sell",
        "      # each day",
        "          # a heading",
        "      # - {name: old, keyword: old, reply: old}",
        "      # •••",
        "  # •••",
        "  # •••",
    ]


def test_what_looks_like_a_secret_is_hidden_in_a_line_that_is_shown_whole() -> None:
    secret = "9f8e7d6c5b4a39281706f5e4d3c2b1a0"
    listing = Listing(
        TEXT.replace("# what we sell", f"# it was {secret}").replace("old, reply", f"{secret}, reply"), OPEN_KEYS
    )

    lines = "\n".join(listing.shown(number) for number in range(1, len(listing.lines) + 1))

    assert secret not in lines
    assert f"# it was {'•' * 32}" in lines


def test_key_that_does_not_say_that_it_is_open_is_hidden() -> None:
    listing = Listing("version: 1\nvault: abc\nbots:\n  shop:\n    vault: abc\n    routes: []\n", OPEN_KEYS)

    assert [listing.quote(number) for number in range(1, 7)] == [
        "version: 1",
        "vault: •••",
        "bots:",
        "  shop:",
        "    vault: •••",
        "    routes: []",
    ]


def test_no_secret_can_stand_where_keys_are_open() -> None:
    assert {("store",), ("listen_url",), ("bots", "*", "plugins")}.isdisjoint(OPEN_KEYS.sections | OPEN_KEYS.values)
