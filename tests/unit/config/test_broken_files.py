"""Check that every mistake in a bot.yaml is found, at its place, with words that help.

The tables hold one mistake per row: routes and packs are in test_broken_routes.py, bytes in test_findings.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.broken import (
    ANY,
    LINE,
    NAME_RULE,
    NO_TYPE,
    RISKY,
    SECRET_RULE,
    SINGLE_QUOTES,
    UNSET,
    Case,
    bot,
    case,
    differences,
    error,
    found_in,
    line,
    route,
    top,
)

BOT_KEYS = (
    "known are `adapter`, `call_names`, `timezone`, `push_fallback`, `settings`, `limits`, `lists`, `allow`, `deny`, "
    "`stale_after`, `quiet`, `messages`, `plugins`, `intents`, `flows`, `languages`, `texts`, `understanding`, "
    "`schedule`, `handoff`, `budget`, `on_error`, `routes`, `line`"
)

UNKNOWN_KEYS = [
    case(
        "unknown key at the top",
        top("stroe: sqlite:///x.db"),
        error(8, 1, "unknown key `stroe` in the file", "did you mean `store`?"),
    ),
    case(
        "unknown key in retention",
        top("retention:", "  id_days: 3"),
        error(9, 3, "unknown key `id_days` in `retention`", "did you mean `ids_days`?"),
    ),
    case(
        "unknown key in a bot",
        bot("call_name: [shop]"),
        error(6, 5, "unknown key `call_name` in bot `shop`", "did you mean `call_names`?"),
    ),
    case(
        "unknown key far from anything known",
        bot("zzz: 1"),
        error(
            6,
            5,
            "unknown key `zzz` in bot `shop`",
            BOT_KEYS,
        ),
    ),
    case(
        "unknown key of another platform",
        bot("slack: {}"),
        error(
            6,
            5,
            "unknown key `slack` in bot `shop`",
            BOT_KEYS,
        ),
    ),
    case(
        "unknown key in line",
        line("channel_secret: ${SECRET}", "access_token: ${TOKEN}", "api_bse: https://x"),
        error(8, 7, "unknown key `api_bse` in `line`", "did you mean `api_base`?"),
    ),
    case(
        "unknown key in line and then missing",
        line("channel_secret: ${SECRET}", "acces_token: ${TOKEN}"),
        error(5, 5, "`access_token` is missing in `line`"),
        error(7, 7, "unknown key `acces_token` in `line`", "did you mean `access_token`?"),
    ),
    case(
        "unknown key in a route",
        route("keywrod: a", "reply: b"),
        error(8, 9, "unknown key `keywrod` in route `hours`", "did you mean `keyword`?"),
    ),
    case(
        "unknown key in when",
        route("keyword: a", "when: {chats: user}", "reply: b"),
        error(9, 16, "unknown key `chats` in `when`", "did you mean `chat`?"),
    ),
    case(
        "unknown key in a pack",
        top("packs:", "  manners:", "    route: []"),
        error(9, 3, "`routes` is missing in pack `manners`"),
        error(10, 5, "unknown key `route` in pack `manners`", "did you mean `routes`?"),
    ),
    case(
        "unknown key in a plugin's settings",
        bot("plugins: {tickets: {notify: 2}}"),
        error(6, 25, "unknown key `notify` in `tickets`", "did you mean `notify_at`?"),
    ),
    case(
        "unknown key in the settings of a plugin whose model ignores them",
        bot("plugins: {echo: {prefx: a}}"),
        error(6, 22, "unknown key `prefx` in `echo`", "did you mean `prefix`?"),
    ),
    case(
        "unknown key merge key",
        route("<<: {keyword: a}", "reply: b"),
        error(8, 9, "unknown key `<<` in route `hours`", ANY),
    ),
    case(
        "unknown key beside include",
        bot("routes:", "  - {include: tickets, keyword: a}", "plugins: {tickets: {}}"),
        error(7, 28, "`keyword` can't stand beside `include:`"),
    ),
]
MISSING_KEYS = [
    case("missing empty file", "", error(1, 1, "the file must be a mapping, beginning with `version: 1`")),
    case(
        "missing only a comment", "# nothing\n", error(1, 1, "the file must be a mapping, beginning with `version: 1`")
    ),
    case("missing a list", "- a\n", error(1, 1, "the file must be a mapping, beginning with `version: 1`")),
    case("missing a text", "hello\n", error(1, 1, "the file must be a mapping, beginning with `version: 1`")),
    case(
        "missing version",
        top().removeprefix("version: 1\n"),
        error(1, 1, "`version` is missing in the file", "begin the file with `version: 1`"),
    ),
    case("missing bots", "version: 1\n", error(1, 1, "`bots` is missing in the file", "a file needs at least one bot")),
    case(
        "missing adapter",
        top().replace("    adapter: line\n", ""),
        error(3, 3, "`adapter` is missing in bot `shop`", "write `adapter: line`"),
    ),
    case(
        "missing line",
        top().replace(LINE, ""),
        error(3, 3, "`line` is missing in bot `shop`", "it needs `channel_secret` and `access_token`"),
    ),
    case(
        "missing line without a value",
        top().replace(LINE, "    line:\n"),
        error(5, 5, "`line` is missing in bot `shop`", "it needs `channel_secret` and `access_token`"),
    ),
    case("missing access_token", line("channel_secret: ${SECRET}"), error(5, 5, "`access_token` is missing in `line`")),
    case(
        "missing all of line",
        line("{}"),
        error(5, 5, "`channel_secret` is missing in `line`"),
        error(5, 5, "`access_token` is missing in `line`"),
    ),
    case(
        "missing name of a route",
        bot("routes:", "  - keyword: a", "    reply: b"),
        error(7, 9, "a route needs a `name`"),
    ),
    case(
        "missing matcher",
        route("reply: b"),
        error(
            7,
            9,
            "route `hours` says neither what it matches nor `on:`",
            "add a matcher (keyword, exact, prefix, pattern, intent, postback, save), `on: TYPE`, or `otherwise: true`",
        ),
    ),
    case(
        "missing action",
        route("keyword: a"),
        error(7, 9, "route `hours` has neither `reply:` nor `run:`", "a route does one of the two"),
    ),
    case(
        "missing routes of a pack", top("packs:", "  manners: {}"), error(9, 3, "`routes` is missing in pack `manners`")
    ),
    case(
        "missing type of a listed message",
        route("keyword: a", "reply:", "  - words: hello"),
        error(10, 13, "a message object needs a `type`", NO_TYPE),
    ),
    case(
        "missing type of a lone message",
        route("keyword: a", "reply: {words: hello}"),
        error(9, 16, "a message object needs a `type`", NO_TYPE),
    ),
    case(
        "missing type of an error message",
        bot("on_error: {words: sorry}"),
        error(6, 15, "a message object needs a `type`", NO_TYPE),
    ),
]
WRONG_TYPES = [
    case("version 2", top().replace("version: 1", "version: 2"), error(1, 10, "`version`: expected `1`")),
    case("bots is empty", "version: 1\nbots: {}\n", error(2, 7, "`bots`: may not be empty")),
    case("bots without a value", "version: 1\nbots:\n", error(2, 6, "`bots`: expected a mapping of keys and values")),
    case("bots is a list", "version: 1\nbots: [shop]\n", error(2, 7, "`bots`: expected a mapping of keys and values")),
    case(
        "a bot is text",
        "version: 1\nbots:\n  shop: line\n",
        error(3, 9, "`shop`: expected a mapping of keys and values"),
    ),
    case("routes is a mapping", bot("routes: {name: a}"), error(6, 13, "`routes`: expected a list")),
    case("a route is text", bot("routes:", "  - a"), error(7, 9, "`routes`: expected a mapping of keys and values")),
    case(
        "routes of a pack are empty",
        top("packs:", "  manners: {routes: []}"),
        error(9, 21, "`routes`: may not be empty"),
    ),
    case(
        "keyword is a mapping",
        route("keyword: {a: b}", "reply: b"),
        error(
            8,
            18,
            "`keyword`: expected text",
            "a value that begins with `{` needs quotes: put the whole value in single quotes: '…'",
        ),
    ),
    case("keyword in two lists", route("keyword: [[a]]", "reply: b"), error(8, 19, "`keyword`: expected text")),
    case("keyword is an empty list", route("keyword: []", "reply: b"), error(8, 18, "`keyword`: may not be empty")),
    case("keyword is empty", route("keyword: ''", "reply: b"), error(8, 18, "`keyword`: may not be empty")),
    case("reply is an empty list", route("keyword: a", "reply: []"), error(9, 16, "`reply`: may not be empty")),
    case(
        "reply in two lists",
        route("keyword: a", "reply: [[a]]"),
        error(9, 17, "`reply`: expected text, a message object with a `type`, or `json: FILE`"),
    ),
    case(
        "reply is an unquoted placeholder",
        route("keyword: a", "reply: {sender.name}"),
        error(9, 16, "a message object needs a `type`", NO_TYPE),
    ),
    case("run is a list", route("keyword: a", "run: [tickets.take]"), error(9, 14, "`run`: expected text")),
    case(
        "run without a dot",
        route("keyword: a", "run: tickets"),
        error(9, 14, "`run`: expected PLUGIN.HANDLER, as in `orders.show`"),
    ),
    case(
        "when is text",
        route("keyword: a", "when: user", "reply: b"),
        error(9, 15, "`when`: expected a mapping of keys and values"),
    ),
    case(
        "plugins is a list", bot("plugins: [tickets]"), error(6, 14, "`plugins`: expected a mapping of keys and values")
    ),
    case("a setting is a list", bot("settings: {phone: [1]}"), error(6, 23, "`phone`: expected text")),
    case(
        "a number that is too small",
        top("retention: {ids_days: 0}"),
        error(8, 23, "`ids_days`: expected greater than or equal to 1"),
    ),
    case(
        "a number that is a word",
        top("retention: {ids_days: many}"),
        error(8, 23, "`ids_days`: expected a valid integer…"),
    ),
    case(
        "a plugin's number that is a word",
        bot("plugins: {tickets: {notify_at: many}}"),
        error(6, 36, "`notify_at`: expected a valid integer…"),
    ),
    case(
        "api_base without a scheme",
        line("channel_secret: ${SECRET}", "access_token: ${TOKEN}", "api_base: line.me"),
        error(8, 17, "`api_base`: expected a URL, as in https://api.line.me"),
    ),
]
BOOLS = [
    case(
        "bool written yes",
        route("otherwise: yes", "reply: b"),
        error(8, 20, "expected true or false, unquoted, for `otherwise`"),
    ),
    case(
        "bool written quoted true",
        route('otherwise: "true"', "reply: b"),
        error(8, 20, "expected true or false, unquoted, for `otherwise`"),
    ),
    case(
        "bool written True",
        route("otherwise: True", "reply: b"),
        error(8, 20, "expected true or false, unquoted, for `otherwise`"),
    ),
    case(
        "bool written off",
        bot("push_fallback: off"),
        error(6, 20, "expected true or false, unquoted, for `push_fallback`"),
    ),
    case(
        "bool written no",
        route("keyword: a", "when: {mentioned: no}", "reply: b"),
        error(9, 27, "expected true or false, unquoted, for `mentioned`"),
    ),
    case(
        "bool written 0",
        route("keyword: a", "enabled: 0", "reply: b"),
        error(9, 18, "expected true or false, unquoted, for `enabled`"),
    ),
]
DUPLICATES = [
    case(
        "duplicate key at the top",
        top("version: 1"),
        error(8, 1, "`version` stands here twice", "the first is in line 1"),
    ),
    case(
        "duplicate key in a bot",
        bot("adapter: line"),
        error(6, 5, "`adapter` stands here twice", "the first is in line 4"),
    ),
    case(
        "duplicate bot",
        top("  shop:", "    adapter: line"),
        error(8, 3, "`shop` stands here twice", "the first is in line 3"),
    ),
    case(
        "duplicate key in a route",
        route("keyword: a", "keyword: b", "reply: c"),
        error(9, 9, "`keyword` stands here twice", "the first is in line 8"),
    ),
    case(
        "duplicate key in braces",
        route("keyword: a", "when: {chat: user, chat: group}", "reply: c"),
        error(9, 28, "`chat` stands here twice", "the first is in line 9"),
    ),
    case(
        "duplicate key deep in a message",
        route("keyword: a", "reply:", "  - type: text", "    text: a", "    text: b"),
        error(12, 13, "`text` stands here twice", "the first is in line 11"),
    ),
    case(
        "duplicate route",
        bot("routes:", "  - {name: a, keyword: hi, reply: b}", "  - {name: a, keyword: ho, reply: b}"),
        error(8, 16, "a second route `a`", "the first is at bot.yaml:7:10; names are unique in a bot"),
    ),
]
REFUSED_YAML = [
    case(
        "anchor",
        route("keyword: &a b", "reply: c"),
        error(8, 18, "anchors (`&name`) are not supported", f"if it is text, {SINGLE_QUOTES}; or use `packs:`"),
    ),
    case(
        "anchor and alias",
        route("keyword: &a b", "reply: *a"),
        error(8, 18, "anchors (`&name`) are not supported", f"if it is text, {SINGLE_QUOTES}; or use `packs:`"),
        error(9, 16, "aliases (`*name`) are not supported", f"if it is text, {SINGLE_QUOTES}; or use `packs:`"),
    ),
    case(
        "tag",
        route("keyword: !!str b", "reply: c"),
        error(8, 18, "tags (`!!str`) are not supported", f"if it is text, {SINGLE_QUOTES}"),
    ),
    case(
        "own tag",
        route("keyword: !env b", "reply: c"),
        error(8, 18, "tags (`!env`) are not supported", f"if it is text, {SINGLE_QUOTES}"),
    ),
    case(
        "merge key with an alias",
        route("<<: *x", "keyword: a", "reply: c"),
        error(8, 13, "aliases (`*name`) are not supported", f"if it is text, {SINGLE_QUOTES}; or use `packs:`"),
    ),
    case(
        "second document",
        top("---", "version: 1"),
        error(8, 1, "a second document: one file is one document", "remove the `---`"),
    ),
    case(
        "document after its end",
        top("...", "version: 1"),
        error(9, 1, "not YAML: did not find expected <document start>"),
    ),
    case(
        "tab before a list",
        route("keyword: a", "reply:", "\t- x"),
        error(10, 9, "not YAML: a tab in the indentation", "indent with spaces: YAML takes no tabs"),
    ),
    case(
        "tab before a key",
        route("\tkeyword: a", "reply: b"),
        error(8, 9, "not YAML: a tab in the indentation", "indent with spaces: YAML takes no tabs"),
    ),
    case(
        "51 mappings deep",
        route("keyword: a", "reply: " + "{type: " * 46 + "x" + "}" * 46),
        error(9, 331, "nested deeper than 50"),
    ),
    case("60 lists deep", route("keyword: a", "reply: " + "[" * 60 + "]" * 60), error(9, 61, "nested deeper than 50")),
    case(
        "a list as a key",
        route("? [a, b]", ": c", "keyword: a", "reply: c"),
        error(8, 11, "a key must be plain text", f"if this is a placeholder, {SINGLE_QUOTES}"),
    ),
    case(
        "a placeholder as a key",
        route("{sender.name}: c", "keyword: a", "reply: c"),
        error(8, 9, "a key must be plain text", f"if this is a placeholder, {SINGLE_QUOTES}"),
    ),
]
NOT_YAML = [
    case(
        "value with @",
        route("keyword: @home", "reply: c"),
        error(8, 18, "not YAML: found character that cannot start any token", RISKY),
    ),
    case(
        "value with *",
        route("keyword: *", "reply: c"),
        error(8, 19, "not YAML: while scanning an alias, did not find expected alphabetic or numeric character", RISKY),
    ),
    case(
        "value with *bold*",
        route("keyword: a", "reply: *bold* text"),
        error(9, 21, "not YAML: while scanning an alias, did not find expected alphabetic or numeric character", RISKY),
    ),
    case(
        "value with !",
        route("keyword: a", "reply: !hello world"),
        error(9, 16, "tags (`!hello`) are not supported", f"if it is text, {SINGLE_QUOTES}"),
    ),
    case(
        "value with lone !",
        route("keyword: [hi, !]", "reply: hello"),
        error(8, 24, "not YAML: while scanning a tag, did not find expected whitespace or line break", RISKY),
    ),
    case(
        "value with %",
        route("keyword: a", "reply: %5 off"),
        error(9, 16, "not YAML: found character that cannot start any token", RISKY),
    ),
    case(
        "value with backtick",
        route("keyword: a", "reply: `code`"),
        error(9, 16, "not YAML: found character that cannot start any token", RISKY),
    ),
    case(
        "value with colon and space",
        route("keyword: a", "reply: note: bring cash"),
        error(
            9,
            20,
            "not YAML: mapping values are not allowed in this context",
            f"a value with a colon needs quotes: {SINGLE_QUOTES}",
        ),
    ),
    case(
        "value with colon at the end",
        route("keyword: a", "reply: note:"),
        error(
            9,
            20,
            "not YAML: mapping values are not allowed in this context",
            f"a value with a colon needs quotes: {SINGLE_QUOTES}",
        ),
    ),
    case(
        "value with backslash in double quotes",
        route('pattern: "\\d+"', "reply: a"),
        error(8, 19, "not YAML: found unknown escape character", f"a backslash needs single quotes: {SINGLE_QUOTES}"),
    ),
    case(
        "value with backslash in a listed text",
        route('pattern: ["\\d+"]', "reply: a"),
        error(8, 20, "not YAML: found unknown escape character", f"a backslash needs single quotes: {SINGLE_QUOTES}"),
    ),
    case(
        "value with { that is never closed",
        route("keyword: a", "reply: {type: text", "when: {}"),
        error(
            10,
            13,
            "not YAML: while parsing a flow mapping, did not find expected ',' or '}'",
            "the `{` in line 9 isn't closed, or a comma is missing",
        ),
    ),
    case(
        "list that is never closed",
        route("keyword: [a, b", "reply: c"),
        error(
            9,
            14,
            "not YAML: while parsing a flow sequence, did not find expected ',' or ']'",
            "the `[` in line 8 isn't closed, or a comma is missing",
        ),
    ),
    case(
        "key without its colon",
        route("on follow", "reply: a"),
        error(9, 9, "not YAML: could not find expected ':'", "line 8 has a key without its `: `"),
    ),
    case(
        "key that is indented otherwise",
        route("keyword: a", " # more", "reply: b", "when: {}").replace("        when", "       when"),
        error(
            11,
            8,
            "not YAML: while parsing a block collection, did not find expected '-' indicator",
            "indent line 11 like those that it belongs to: keys stand in one column, and so do entries",
        ),
    ),
    case(
        "list whose first entry has no dash",
        route("keyword: a", "reply: b", "- name: c"),
        error(
            10,
            9,
            "not YAML: while parsing a block mapping, did not find expected key",
            "an entry of a list among the keys that begin in line 7: is a `- ` missing there?",
        ),
    ),
    case(
        "quote inside a quoted value",
        route("keyword: a", "reply: 'It's'"),
        error(
            9,
            20,
            "not YAML: while parsing a block mapping, did not find expected key",
            "a quote inside a value: '…''…' or \"…\\\"…\"",
        ),
    ),
    case(
        "value with a placeholder and text",
        route("keyword: a", "reply: {sender.name} hello"),
        error(9, 30, "not YAML: while parsing a block mapping, did not find expected key", RISKY),
    ),
    case(
        "value with a variable in brackets",
        route("keyword: [a, ${KEY}]", "reply: c"),
        error(8, 23, "not YAML: while parsing a flow sequence, did not find expected ',' or ']'", RISKY),
    ),
    case(
        "value with a variable in braces",
        route("keyword: a", "when: {users: ${KEY}}", "reply: c"),
        error(9, 24, "not YAML: while parsing a flow mapping, did not find expected ',' or '}'", RISKY),
    ),
    case(
        "quote that is never closed",
        route("keyword: a", 'reply: "hello'),
        error(9, 16, "not YAML: this quote is never closed", ANY),
    ),
    case(
        "half a surrogate pair",
        route("keyword: a", r'reply: "\ud83d"'),
        error(9, 19, "not YAML: found invalid Unicode character escape code", "a surrogate needs its other half…"),
    ),
    case(
        "value with &",
        route("keyword: a", "reply: & more"),
        error(
            9, 17, "not YAML: while scanning an anchor, did not find expected alphabetic or numeric character", RISKY
        ),
    ),
]
VARIABLES = [
    case("unset variable", bot("timezone: ${ZONE}"), error(6, 15, "variable `ZONE` is not set", UNSET)),
    case(
        "unset variable with a message",
        bot("timezone: ${ZONE:?write your zone}"),
        error(6, 15, "variable `ZONE` is not set: write your zone"),
    ),
    case("unset store", top("store: ${STORE}"), error(8, 8, "variable `STORE` is not set", UNSET)),
    case(
        "unset in a reply",
        route("keyword: a", "reply: call ${PHONE}"),
        error(9, 16, "variable `PHONE` is not set", UNSET),
    ),
    case(
        "two unset in one reply",
        route("keyword: a", "reply: call ${PHONE} or ${FAX}"),
        error(9, 16, "variable `PHONE` is not set", UNSET),
        error(9, 16, "variable `FAX` is not set", UNSET),
    ),
    case(
        "unset deep in a message",
        route("keyword: a", "reply: {type: text, text: 'call ${PHONE}'}"),
        error(9, 35, "variable `PHONE` is not set", UNSET),
    ),
    case(
        "unset in state",
        route("keyword: a", "when: {state: {step: '${STEP}'}}", "reply: b"),
        error(9, 30, "variable `STEP` is not set", UNSET),
    ),
    case(
        "unset in a plugin's settings",
        bot("plugins: {tickets: {notify_at: '${PLACES}'}}"),
        error(6, 36, "variable `PLACES` is not set", UNSET),
    ),
    case("unset bool", route("otherwise: ${MAYBE}", "reply: a"), error(8, 20, "variable `MAYBE` is not set", UNSET)),
    case(
        "unset secret",
        line("channel_secret: ${NOPE}", "access_token: ${TOKEN}"),
        error(6, 23, "variable `NOPE` is not set", UNSET),
    ),
    case(
        "unset default of a default",
        route("keyword: a", "reply: '${A:-${B}}'"),
        error(9, 16, "variable `B` is not set", UNSET),
    ),
    case(
        "no second mistake after an unset one",
        route("keyword: a", "run: ${R}"),
        error(9, 14, "variable `R` is not set", UNSET),
    ),
    case(
        "variables that are nested too deep",
        route("keyword: a", "reply: '" + "${A:-" * 21 + "}" * 21 + "'"),
        error(9, 16, "`${` nested deeper than 20"),
    ),
    case(
        "variable that is never closed",
        route("keyword: a", "reply: '${A:-b'"),
        error(9, 16, "`${` is never closed", "write ${VAR}, or $${ for a literal `${`"),
    ),
    case(
        "variable that is cut off",
        route("keyword: a", "reply: '${A'"),
        error(
            9,
            16,
            "`${A` goes on in a way that isn't known",
            "known are ${VAR}, ${VAR:-default}, ${VAR:?message} and ${VAR:+other}",
        ),
    ),
    case(
        "variable without a name",
        route("keyword: a", "reply: '${}'"),
        error(9, 16, "`${` needs a variable's name", "write ${VAR}, or $${ for a literal `${`"),
    ),
    case(
        "variable that begins with a digit",
        route("keyword: a", "reply: '${1A}'"),
        error(9, 16, "`${` needs a variable's name", "write ${VAR}, or $${ for a literal `${`"),
    ),
    case(
        "variable with an unknown operator",
        route("keyword: a", "reply: '${A!x}'"),
        error(
            9,
            16,
            "`${A` goes on in a way that isn't known",
            "known are ${VAR}, ${VAR:-default}, ${VAR:?message} and ${VAR:+other}",
        ),
    ),
]
SECRETS = [
    case(
        "literal secret",
        line("channel_secret: abcdef", "access_token: ${TOKEN}"),
        error(6, 23, "`channel_secret` holds a secret in plain text", SECRET_RULE),
    ),
    case(
        "quoted literal secret",
        line("channel_secret: 'abcdef'", "access_token: ${TOKEN}"),
        error(6, 23, "`channel_secret` holds a secret in plain text", SECRET_RULE),
    ),
    case(
        "secret with a default",
        line("channel_secret: ${SECRET:-abc}", "access_token: ${TOKEN}"),
        error(6, 23, "`channel_secret` holds a secret in plain text", SECRET_RULE),
    ),
    case(
        "secret with a prefix",
        line("channel_secret: x${SECRET}", "access_token: ${TOKEN}"),
        error(6, 23, "`channel_secret` holds a secret in plain text", SECRET_RULE),
    ),
    case(
        "literal secret that looks like a variable",
        line("channel_secret: $${SECRET}", "access_token: ${TOKEN}"),
        error(6, 23, "`channel_secret` holds a secret in plain text", SECRET_RULE),
    ),
    case(
        "literal in a list of secrets",
        line("channel_secret: ['${SECRET}', abcdef]", "access_token: ${TOKEN}"),
        error(6, 37, "`channel_secret` holds a secret in plain text", SECRET_RULE),
    ),
    case(
        "empty secret",
        line("channel_secret: ${EMPTY}", "access_token: ${TOKEN}"),
        error(6, 23, "the secret for `channel_secret` is empty (variable `EMPTY`)", SECRET_RULE),
    ),
    case(
        "empty secret file",
        line("channel_secret: {file: empty.txt}", "access_token: ${TOKEN}"),
        error(6, 23, "the secret for `channel_secret` is empty", SECRET_RULE),
    ),
    case(
        "missing secret file",
        line("channel_secret: {file: nope.txt}", "access_token: ${TOKEN}"),
        error(6, 30, "can't read the secret's file: No such file or directory"),
    ),
    case(
        "folder as a secret file",
        line("channel_secret: {file: .}", "access_token: ${TOKEN}"),
        error(6, 30, "can't read the secret's file: it is a folder, expected a regular file"),
    ),
    case(
        "secret without a value",
        line("channel_secret:", "access_token: ${TOKEN}"),
        error(6, 22, "…`channel_secret`…", SECRET_RULE),
    ),
    case(
        "no secret in the list",
        line("channel_secret: []", "access_token: ${TOKEN}"),
        error(6, 23, "`channel_secret`: may not be empty"),
    ),
    case(
        "list where one secret goes",
        line("channel_secret: ${SECRET}", "access_token: ['${TOKEN}']"),
        error(7, 21, "`access_token` must be one secret", SECRET_RULE),
    ),
    case(
        "mapping where one secret goes",
        line("channel_secret: ${SECRET}", "access_token: {path: token.txt}"),
        error(7, 21, "`access_token` must be one secret", SECRET_RULE),
    ),
    case(
        "mapping where secrets go",
        line("channel_secret: {path: secret.txt}", "access_token: ${TOKEN}"),
        error(6, 23, "…`channel_secret`…", SECRET_RULE),
    ),
    case(
        "password in store",
        top("store: postgresql://me:hunter2@host/x"),
        error(
            8,
            8,
            "`store` holds a password in plain text",
            "write it as ${VAR}: postgresql://user:${PASSWORD}@host/name",
        ),
    ),
    case(
        "default password in store",
        top("store: postgresql://me:${PASSWORD:-hunter2}@host/x"),
        error(
            8,
            8,
            "`store` holds a password in plain text",
            "write it as ${VAR}: postgresql://user:${PASSWORD}@host/name",
        ),
    ),
]
STORE_HINT = "write sqlite:///FILE, as in sqlite:///hookline.db, or postgresql://USER@HOST/DATABASE"
ADDRESS_HINT = "write postgresql://USER@HOST:PORT/DATABASE; in a password / is %2F, : is %3A, @ is %40 and % is %25"
PORT_RULE = "a port must be a number from 1 to 65535"
STORES = [
    case(
        "store: a port that is a word",
        top("store: postgresql://127.0.0.1:notaport/x"),
        error(8, 8, f"`store`: {PORT_RULE}", ADDRESS_HINT),
    ),
    case(
        "store: a second port that is too great",
        top("store: postgresql://me@h1:1,h2:65536/x"),
        error(8, 8, f"`store`: {PORT_RULE}", ADDRESS_HINT),
    ),
    case(
        "store: port nought in the query",
        top("store: postgresql:///x?host=/run&port=0"),
        error(8, 8, f"`store`: {PORT_RULE}", ADDRESS_HINT),
    ),
    case(
        "store: half a bracket",
        top("store: postgresql://[::1/x"),
        error(8, 8, "`store`: this URL can't be read", ADDRESS_HINT),
    ),
    case(
        "store: a host too few",
        top("store: postgresql://h1,,h2/x"),
        error(8, 8, "`store`: a host is empty", ADDRESS_HINT),
    ),
    case(
        "listen_url: a port that is a word",
        top("store: postgresql://host/x", "listen_url: postgresql://host:x/x"),
        error(9, 13, f"`listen_url`: {PORT_RULE}", ADDRESS_HINT),
    ),
    case(
        "listen_url beside a file",
        top("listen_url: postgresql://host/x"),
        error(
            8,
            13,
            "`listen_url` is for a `store:` on PostgreSQL, and leads to the same database",
            "write postgresql://USER@HOST/DATABASE",
        ),
    ),
    case(
        "limit of nothing",
        top("limits: {running: 0}"),
        error(8, 19, "`running`: expected greater than or equal to 1"),
    ),
    case(
        "retries of a reply",
        bot("routes:", "  - {name: a, keyword: b, reply: c, retries: [1]}"),
        error(7, 41, "`retries` is for a handler, and this route has a reply", "leave it out"),
    ),
    case(
        "store: a word",
        top("store: memory"),
        error(8, 8, "`store`: memory is not a store of this version", STORE_HINT),
    ),
    case(
        "store: an empty text",
        top("store: ''"),
        error(8, 8, "`store`: this is not a store of this version", STORE_HINT),
    ),
    case(
        "store: sqlite in memory",
        top("store: 'sqlite:///:memory:'"),
        error(
            8,
            8,
            "`store`: a store must be a file, since it outlives the process",
            STORE_HINT,
        ),
    ),
    case(
        "store: sqlite without a file",
        top("store: sqlite:///"),
        error(
            8,
            8,
            "`store`: a store must be a file, since it outlives the process",
            STORE_HINT,
        ),
    ),
]
NAMES = [
    case("bot name with a space", top().replace("shop:", "my shop:"), error(3, 3, f"`my shop`: {NAME_RULE}")),
    case("bot name with a dot", top().replace("shop:", "my.shop:"), error(3, 3, f"`my.shop`: {NAME_RULE}")),
    case(
        "bot name of 65 characters",
        top().replace("shop:", "a" * 65 + ":"),
        error(3, 3, f"`aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`: {NAME_RULE}"),
    ),
    case(
        "pack name with a space",
        top("packs: {my pack: {routes: [{name: a, keyword: b, reply: c}]}}"),
        error(8, 9, f"`my pack`: {NAME_RULE}"),
    ),
    case("setting name with a space", bot("settings: {my phone: 1}"), error(6, 16, f"`my phone`: {NAME_RULE}")),
    case("plugin name with a space", bot("plugins: {my plugin: {}}"), error(6, 15, f"`my plugin`: {NAME_RULE}")),
    case(
        "route name with a space",
        bot("routes:", "  - {name: a b, keyword: hi, reply: hello}"),
        error(7, 16, "`name`: a name is letters, digits, `_` and `-`, at most 64 (an override: PACK.ROUTE)"),
    ),
    case(
        "route name with a dot",
        bot("routes:", "  - {name: a.b, keyword: hi, reply: hello}"),
        error(
            7,
            16,
            "`a.b`: a dot is for routes of packs",
            "add `override: true` to replace an included route, or choose a name without a dot",
        ),
    ),
    case(
        "route name with a line break",
        bot("routes:", '  - {name: "a\\n", keyword: hi, reply: hello}'),
        error(7, 16, f"`name`: {NAME_RULE} (an override: PACK.ROUTE)"),
    ),
    case(
        "route name with two dots",
        bot("routes:", "  - {name: a.b.c, keyword: hi, reply: hello}"),
        error(7, 16, "`name`: a name is letters, digits, `_` and `-`, at most 64 (an override: PACK.ROUTE)"),
    ),
]


@pytest.mark.parametrize(
    "broken",
    [
        *UNKNOWN_KEYS,
        *MISSING_KEYS,
        *WRONG_TYPES,
        *BOOLS,
        *DUPLICATES,
        *REFUSED_YAML,
        *NOT_YAML,
        *VARIABLES,
        *SECRETS,
        *STORES,
        *NAMES,
    ],
    ids=str,
)
def test_mistake_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    (tmp_path / "menu.json").write_text('{"type": "text", "text": "a"}')
    (tmp_path / "empty.txt").write_text("\n")

    found = [one for one in found_in(tmp_path, broken.text) if one.severity == "error"]

    assert differences(broken.expected, found) == []
