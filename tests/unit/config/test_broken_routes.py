"""Check that every mistake in routes, packs and replies is found, at its place, with words that help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hookline.plugins.registry import PluginRegistry
from tests.unit.config.broken import ANY, HEAD, LINE, Case, bot, case, differences, error, found_in, route, top, warning

ADAPTERS = sorted(PluginRegistry.discover().platforms.names)
UNKNOWN_THINGS = [
    case(
        "unknown adapter",
        top().replace("adapter: line", "adapter: lime"),
        error(4, 14, "`adapter`: there is no adapter `lime`", "did you mean `line`?"),
    ),
    case(
        "adapter far from any",
        top().replace("adapter: line", "adapter: carrier-pigeon"),
        error(4, 14, "`adapter`: there is no adapter `carrier-pigeon`", f"known are {', '.join(ADAPTERS)}"),
    ),
    case(
        "misspelt plugin",
        bot("plugins: {ticket: {}}"),
        error(6, 15, "plugin `ticket` is not installed", "did you mean `tickets`? If not: pip install hookline-ticket"),
    ),
    case(
        "plugin that is not installed",
        bot("plugins: {weather: {}}"),
        error(6, 15, "plugin `weather` is not installed", "pip install hookline-weather"),
    ),
    case(
        "unknown pack",
        bot("routes:", "  - include: manners"),
        error(7, 18, "`include`: there is no pack `manners`", "there are no packs"),
    ),
    case(
        "misspelt pack",
        bot("plugins: {tickets: {}}", "routes:", "  - include: ticket"),
        error(8, 18, "`include`: there is no pack `ticket`", "did you mean `tickets`?"),
    ),
    case(
        "handler of a plugin that the bot doesn't use",
        route("keyword: a", "run: tickets.take"),
        error(9, 14, "`run`: this bot uses no plugin `tickets`", "add `tickets:` under the bot's `plugins:`"),
    ),
    case(
        "misspelt handler",
        bot("plugins: {tickets: {}}", "routes:", "  - {name: a, keyword: a, run: tickets.tak}"),
        error(8, 36, "`run`: plugin `tickets` has no handler `tak`", "did you mean `take`?"),
    ),
    case(
        "handler far from any",
        bot("plugins: {echo: {}}", "routes:", "  - {name: a, keyword: a, run: echo.shout}"),
        error(8, 36, "`run`: plugin `echo` has no handler `shout`", "it has `say`"),
    ),
]
PACKS = [
    case(
        "override that hits nothing",
        bot("routes:", "  - {name: manners.thanks, override: true, keyword: a, reply: b}"),
        error(7, 16, "`manners.thanks` is not an included route, so there is nothing to change"),
    ),
    case(
        "misspelt override",
        bot(
            "plugins: {tickets: {}}",
            "routes:",
            "  - include: tickets",
            "  - {name: tickets.tak, override: true, keyword: a, reply: b}",
        ),
        error(
            9,
            16,
            "`tickets.tak` is not an included route, so there is nothing to change",
            "did you mean `tickets.take`?",
        ),
    ),
    case(
        "override of an own route",
        bot("routes:", "  - {name: a, keyword: a, reply: b}", "  - {name: a, override: true, keyword: a, reply: b}"),
        error(8, 16, "`a` is not an included route, so there is nothing to change"),
    ),
    case(
        "removal that hits nothing",
        bot("plugins: {tickets: {}}", "routes:", "  - include: tickets", "  - {name: tickets.resett, enabled: false}"),
        error(
            9,
            16,
            "`tickets.resett` is not an included route, so there is nothing to change",
            "did you mean `tickets.reset`?",
        ),
    ),
    case(
        "second override of one route",
        bot(
            "plugins: {tickets: {}}",
            "routes:",
            "  - include: tickets",
            "  - {name: tickets.take, override: true, keyword: a, reply: b}",
            "  - {name: tickets.take, override: true, keyword: c, reply: d}",
        ),
        error(10, 16, "a second route `tickets.take`", ANY),
    ),
    case(
        "two packs of one name",
        bot("plugins: {tickets: {}}", "routes:", "  - include: tickets")
        + "packs:\n  tickets:\n    routes:\n      - {name: a, keyword: b, reply: c}\n",
        error(10, 3, "two packs are named `tickets`", "plugin `tickets` ships one; give yours another name"),
    ),
    case(
        "a pack in a pack",
        bot("routes:", "  - include: a") + "packs:\n  a:\n    routes:\n      - include: b\n",
        error(11, 9, "a pack can't include another"),
    ),
    case(
        "mistakes in a pack that nobody includes",
        top(
            "packs:",
            "  a:",
            "    routes:",
            "      - {name: b, pattern: '(', reply: c}",
            "      - {keyword: d, reply: e}",
            "      - {name: b, keyword: '  ', when: {time: noon}, reply: f}",
        ),
        error(11, 28, "`pattern`: missing ): ("),
        error(12, 9, "a route needs a `name`"),
        error(13, 16, "a second route `a.b`", ANY),
        error(13, 28, "`keyword`: nothing is left of this text once it is normalised"),
        error(13, 47, "`time`: `noon` is not a time of day", "write it as in 09:00-18:00"),
    ),
    case(
        "a broken pack that is included and changed",
        bot("routes:", "  - include: a", "  - {name: a.b, override: true, keyword: c, reply: d}") + "packs:\n  a: {}\n",
        error(10, 3, "`routes` is missing in pack `a`"),
    ),
    case(
        "a pattern of a capture",
        route("pattern: '(?P<number>'", "reply: '{match.number}'"),
        error(8, 18, "`pattern`: missing ): (?P<number>"),
    ),
    case(
        "a mistake in a pack of two bots",
        bot("routes:", "  - include: a")
        + "  cafe:\n    adapter: line\n"
        + LINE
        + "    routes:\n      - include: a\npacks:\n  a:\n    routes:\n      - {name: a, pattern: '(', reply: c}\n",
        error(16, 28, "`pattern`: missing ): ("),
    ),
]
PATTERNS = [
    case("pattern syntax", route("pattern: '('", "reply: b"), error(8, 18, "`pattern`: missing ): (")),
    case(
        "second pattern of a list",
        route("pattern:", "  - a", "  - '[a'", "reply: b"),
        error(10, 13, "`pattern`: missing ]: [a"),
    ),
    case(
        "look-ahead",
        route("pattern: '(?=a)b'", "reply: b"),
        error(
            8, 18, "`pattern`: invalid perl operator: (?=", "RE2 has no look-around, so that no text can make it slow"
        ),
    ),
    case(
        "look-behind",
        route("pattern: '(?<=a)b'", "reply: b"),
        error(
            8, 18, "`pattern`: invalid perl operator: (?<=", "RE2 has no look-around, so that no text can make it slow"
        ),
    ),
    case(
        "back-reference",
        route("pattern: '(a)\\1'", "reply: b"),
        error(
            8,
            18,
            "`pattern`: invalid escape sequence: \\1",
            "RE2 has no back-references, so that no text can make it slow",
        ),
    ),
    case(
        "named back-reference",
        route("pattern: '(?P<a>x)(?P=a)'", "reply: b"),
        error(
            8,
            18,
            "`pattern`: invalid perl operator: (?P",
            "RE2 has no back-references, so that no text can make it slow",
        ),
    ),
    case(
        "pattern that is too long",
        route("pattern: " + "a" * 1001, "reply: b"),
        error(8, 18, "`pattern`: a pattern of 1001 characters, at most 1000"),
    ),
    case(
        "pattern that grows too big",
        route("pattern: '(a{100}){60}'", "reply: b"),
        error(8, 18, "`pattern`: invalid repetition size: {60}"),
    ),
    case("empty pattern", route("pattern: ''", "reply: b"), error(8, 18, "`pattern`: may not be empty")),
]
WORDS = [
    case(
        "keyword that is too long",
        route("keyword: " + "a" * 101, "reply: b"),
        error(8, 18, "`keyword`: 101 characters, at most 100"),
    ),
    case(
        "keyword that is too long once normalised",
        route("keyword: " + "㍿" * 26, "reply: b"),
        error(8, 18, "`keyword`: 104 characters, at most 100"),
    ),
    case(
        "listed exact that is too long",
        route("exact: [a, " + "b" * 101 + "]", "reply: b"),
        error(8, 20, "`exact`: 101 characters, at most 100"),
    ),
    case(
        "keyword of blanks",
        route("keyword: '  '", "reply: b"),
        error(8, 18, "`keyword`: nothing is left of this text once it is normalised"),
    ),
    case(
        "keyword of invisible characters",
        route('keyword: "\\u200b"', "reply: b"),
        error(8, 18, "`keyword`: nothing is left of this text once it is normalised"),
    ),
    case(
        "prefix of a full-width blank",
        route("prefix: '\u3000'", "reply: b"),
        error(8, 17, "`prefix`: nothing is left of this text once it is normalised"),
    ),
]
CONDITIONS = [
    case(
        "hour 25",
        route("keyword: a", "when: {time: '25:00-26:00'}", "reply: b"),
        error(9, 22, "`time`: `25:00-26:00` is not a time of day", "write it as in 09:00-18:00"),
    ),
    case(
        "half past 24",
        route("keyword: a", "when: {time: '10:00-24:30'}", "reply: b"),
        error(9, 22, "`time`: `10:00-24:30` is not a time of day", "write it as in 09:00-18:00"),
    ),
    case(
        "time without a length",
        route("keyword: a", "when: {time: '10:00-10:00'}", "reply: b"),
        error(9, 22, "`time`: `10:00-10:00` never holds", "a whole day is 00:00-24:00"),
    ),
    case(
        "time in words",
        route("keyword: a", "when: {time: morning}", "reply: b"),
        error(9, 22, "`time`: `morning` is not a time of day", "write it as in 09:00-18:00"),
    ),
    case(
        "time without an end",
        route("keyword: a", "when: {time: '10:00'}", "reply: b"),
        error(9, 22, "`time`: `10:00` is not a time of day", "write it as in 09:00-18:00"),
    ),
    case(
        "second time of a list",
        route("keyword: a", "when: {time: ['10:00-12:00', '14-16']}", "reply: b"),
        error(9, 38, "`time`: `14-16` is not a time of day", "write it as in 09:00-18:00"),
    ),
    case(
        "time zone of a route",
        route("keyword: a", "when: {timezone: Asia/Taipeh}", "reply: b"),
        error(9, 26, "`timezone`: `Asia/Taipeh` is not a time zone", "write it as in Asia/Taipei"),
    ),
    case(
        "time zone of a bot",
        bot("timezone: Taipei"),
        error(6, 15, "`timezone`: `Taipei` is not a time zone", "write it as in Asia/Taipei"),
    ),
    case(
        "time zone that is a path",
        bot("timezone: ../../etc/passwd"),
        error(6, 15, "`timezone`: `../../etc/passwd` is not a time zone", "write it as in Asia/Taipei"),
    ),
    case(
        "empty time zone",
        bot("timezone: ''"),
        error(6, 15, "`timezone`: `` is not a time zone", "write it as in Asia/Taipei"),
    ),
    case(
        "chat kind",
        route("keyword: a", "when: {chat: users}", "reply: b"),
        error(9, 22, "`chat`: expected `user`, `group` or `room`", "did you mean `user`?"),
    ),
    case(
        "second chat kind of a list",
        route("keyword: a", "when: {chat: [user, channel]}", "reply: b"),
        error(9, 29, "`chat`: expected `user`, `group` or `room`"),
    ),
    case(
        "day",
        route("keyword: a", "when: {days: [mon, tues]}", "reply: b"),
        error(9, 28, "`days`: expected `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`", "did you mean `tue`?"),
    ),
]
EVENT_TYPES = [
    case(
        "reply to unfollow",
        route("on: unfollow", "reply: b"),
        error(
            9,
            9,
            "`unfollow` can't be answered on line",
            "use `push:`, or `run:` and push to someone who can be reached",
        ),
    ),
    case(
        "reply to unsend",
        route("on: unsend", "reply: b"),
        error(
            9,
            9,
            "`unsend` can't be answered on line",
            "use `push:`, or `run:` and push to someone who can be reached",
        ),
    ),
    case(
        "reply to leave",
        route("on: leave", "reply: b"),
        error(
            9,
            9,
            "`leave` can't be answered on line",
            "use `push:`, or `run:` and push to someone who can be reached",
        ),
    ),
    case(
        "reply to memberLeft",
        route("on: memberLeft", "reply: b"),
        error(
            9,
            9,
            "`memberLeft` can't be answered on line",
            "use `push:`, or `run:` and push to someone who can be reached",
        ),
    ),
    case(
        "reply to one of two",
        route("on: [follow, unfollow]", "reply: b"),
        error(
            9,
            9,
            "`unfollow` can't be answered on line",
            "use `push:`, or `run:` and push to someone who can be reached",
        ),
    ),
    case("no event type", route("on: []", "reply: b"), error(8, 13, "`on`: may not be empty")),
]
REPLIES = [
    case(
        "both reply and run",
        route("keyword: a", "reply: b", "run: tickets.take"),
        error(7, 9, "route `hours` has both `reply:` and `run:`", "a route does one of the two"),
    ),
    case(
        "six messages",
        route("keyword: a", "reply: [a, b, c, d, e, f]"),
        error(9, 16, "6 messages in one reply, at most 5"),
    ),
    case(
        "six messages in a file",
        route("keyword: a", "reply: {json: six.json}"),
        error(9, 16, "6 messages in one reply, at most 5"),
    ),
    case(
        "missing file",
        route("keyword: a", "reply: {json: nope.json}"),
        error(9, 23, "can't read `nope.json`: No such file or directory", "it is looked for in FOLDER"),
    ),
    case(
        "file that is not JSON",
        route("keyword: a", "reply: {json: broken.json}"),
        error(2, 10, "not JSON: Expecting value"),
    ),
    case(
        "file without a type",
        route("keyword: a", "reply: {json: untyped.json}"),
        error(1, 2, "a message object needs a `type`"),
    ),
    case(
        "file with a message that the platform refuses",
        route("keyword: a", "reply: {json: empty.json}"),
        error(1, 26, "line would refuse `text`: may not be empty in a `text` message"),
    ),
    case(
        "file with half a surrogate pair",
        route("keyword: a", "reply: {json: half.json}"),
        error(1, 26, "half a character", "a surrogate needs its other half; or write the character itself"),
    ),
    case(
        "file that is not UTF-8",
        route("keyword: a", "reply: {json: latin.json}"),
        error(1, 14, "the file is not UTF-8", "save it as UTF-8"),
    ),
    case(
        "empty text",
        route("keyword: a", "reply: ''"),
        error(9, 16, "line would refuse `text`: may not be empty in a `text` message"),
    ),
    case(
        "text that is too long",
        route("keyword: a", "reply: " + "a" * 5001),
        error(9, 16, "line would refuse `text`: 5001 characters, at most 5000"),
    ),
    case(
        "emoji that are too many",
        route("keyword: a", "reply: " + "🍎" * 2501),
        error(9, 16, "line would refuse `text`: 5002 characters, at most 5000"),
    ),
    case(
        "text in an object that is too long",
        route("keyword: a", "reply:", "  - type: text", "    text: " + "a" * 5001),
        error(11, 19, "line would refuse `text`: 5001 characters, at most 5000"),
    ),
    case(
        "14 quick replies",
        route(
            "keyword: a",
            "reply:",
            "  - type: text",
            "    text: a",
            "    quickReply:",
            "      items:",
            *["        - {type: action, action: {type: message, label: a, text: b}}"] * 14,
        ),
        error(14, 17, "line would refuse `quickReply.items`: 14 items, expected 1 to 13"),
    ),
    case(
        "flex without altText",
        route(
            "keyword: a",
            "reply:",
            "  - type: flex",
            "    contents: {type: bubble, body: {type: box, layout: vertical, contents: []}}",
        ),
        error(10, 13, "line would refuse `altText`: is missing in a `flex` message"),
    ),
    case(
        "altText that is too long",
        route(
            "keyword: a",
            "reply:",
            "  - type: flex",
            "    altText: " + "a" * 1501,
            "    contents: {type: bubble, body: {type: box, layout: vertical, contents: []}}",
        ),
        error(11, 22, "line would refuse `altText`: 1501 characters, at most 1500"),
    ),
    case(
        "label that is too long",
        route(
            "keyword: a",
            "reply:",
            "  - type: template",
            "    altText: a",
            "    template:",
            "      type: buttons",
            "      text: a",
            "      actions:",
            "        - {type: message, text: b, label: " + "a" * 21 + "}",
        ),
        error(16, 51, "line would refuse `template.actions[0].label`: 21 characters, at most 20"),
    ),
    case(
        "picture without https",
        route("keyword: a", "reply: {type: image, originalContentUrl: 'http://x/a', previewImageUrl: 'https://x/a'}"),
        error(9, 50, "line would refuse `originalContentUrl`: must begin with `https://`, found `http://x/a`"),
    ),
]
PLACEHOLDERS = [
    case(
        "placeholder: unknown root",
        route("keyword: a", "reply: 'hi {customer.name}'"),
        error(
            9,
            16,
            "unknown placeholder `{customer.name}`",
            "known are sender, match, state, settings, event, person; literal is {{customer.name}}",
        ),
    ),
    case(
        "placeholder: misspelt root",
        route("keyword: a", "reply: 'hi {sendr.name}'"),
        error(9, 16, "unknown placeholder `{sendr.name}`", "did you mean `sender`?"),
    ),
    case(
        "placeholder: misspelt name",
        route("keyword: a", "reply: 'hi {sender.nme}'"),
        error(9, 16, "unknown name in `{sender.nme}`", "did you mean `name`?"),
    ),
    case(
        "placeholder: unknown name",
        route("keyword: a", "reply: 'hi {sender.zzz}'"),
        error(9, 16, "unknown name in `{sender.zzz}`", "known here: id, language, name, picture, status"),
    ),
    case(
        "placeholder: no name after the dot",
        route("keyword: a", "reply: 'hi {sender.}'"),
        error(9, 16, "unknown name in `{sender.}`", "known here: id, language, name, picture, status"),
    ),
    case(
        "placeholder: misspelt capture",
        route("pattern: '(?P<number>.)'", "reply: 'hi {match.numbr}'"),
        error(9, 16, "unknown name in `{match.numbr}`", "did you mean `number`?"),
    ),
    case(
        "placeholder: capture of another matcher",
        route("keyword: a", "reply: 'hi {match.rest}'"),
        error(9, 16, "unknown name in `{match.rest}`", "known here: keyword, text"),
    ),
    case(
        "placeholder: setting that the bot hasn't",
        route("keyword: a", "reply: 'hi {settings.phone}'"),
        error(9, 16, "unknown name in `{settings.phone}`", "`settings` has no names here"),
    ),
    case(
        "placeholder: name of an event",
        route("keyword: a", "reply: 'hi {event.texts}'"),
        error(9, 16, "unknown name in `{event.texts}`", "did you mean `text`?"),
    ),
    case(
        "placeholder: second text of a list",
        route("keyword: a", "reply: [a, '{sender.nme}']"),
        error(9, 20, "unknown name in `{sender.nme}`", "did you mean `name`?"),
    ),
    case(
        "placeholder: deep in a message",
        route(
            "keyword: a",
            "reply:",
            "  - type: flex",
            "    altText: a",
            "    contents:",
            "      type: bubble",
            "      body:",
            "        type: box",
            "        layout: vertical",
            "        contents: [{type: text, text: '{sender.nme}'}]",
        ),
        error(17, 47, "unknown name in `{sender.nme}`", "did you mean `name`?"),
    ),
    case(
        "placeholder: in a file",
        route("keyword: a", "reply: {json: misspelt.json}"),
        error(1, 26, "unknown name in `{sender.nme}`", "did you mean `name`?"),
    ),
    case(
        "placeholder: in on_error",
        bot("on_error: 'sorry {match.text}'"),
        error(6, 15, "unknown name in `{match.text}`", "`match` has no names here"),
    ),
]
OVERLAPS = [
    case(
        "misspelt overlap",
        route("keyword: a", "reply: b", "overlap: merg"),
        error(10, 18, "`overlap`: expected `queue`, `merge`, `latest` or `reject`", "did you mean `merge`?"),
    ),
    case(
        "merge of what has no text",
        route("postback: a", "reply: b", "overlap: merge"),
        error(
            10,
            18,
            "`overlap: merge` is for texts, and none of the events under `on:` has one",
            "add message.text to `on:`, or use `reject`",
        ),
    ),
    case(
        "window without an overlap",
        route("keyword: a", "reply: b", "window: 3"),
        error(
            10,
            9,
            "`window` waits for texts to join, and this route has `overlap: queue`",
            "say `overlap: merge` or `overlap: latest`, or leave it out",
        ),
    ),
    case(
        "window of a route that rejects",
        route("keyword: a", "reply: b", "overlap: reject", "window: 3"),
        error(
            11,
            9,
            "`window` waits for texts to join, and this route has `overlap: reject`",
            "say `overlap: merge` or `overlap: latest`, or leave it out",
        ),
    ),
    case(
        "window that outlasts the reply token",
        route("keyword: a", "reply: b", "overlap: merge", "window: 30"),
        error(11, 17, "`window`: expected less than or equal to 20"),
    ),
    case(
        "busy without an overlap",
        route("keyword: a", "reply: b", "overlap: latest", "busy: wait"),
        error(
            11,
            9,
            "`busy` answers what is turned away, and this route has `overlap: latest`",
            "say `overlap: reject`, or leave it out",
        ),
    ),
    case(
        "busy with an unknown placeholder",
        route("keyword: a", "reply: b", "overlap: reject", "busy: '{sender.nme}'"),
        error(11, 15, "unknown name in `{sender.nme}`", "did you mean `name`?"),
    ),
    case(
        "busy for what can't be answered",
        HEAD.replace(LINE, LINE + "    plugins: {echo: {}}\n")
        + "    routes:\n      - {name: a, on: unsend, run: echo.say, overlap: reject, busy: wait}\n",
        error(8, 63, "`unsend` can't be answered on line", "leave it out"),
    ),
]
WARNINGS = [
    case("bot without routes", bot("routes: []"), warning(3, 3, "bot `shop` has no routes, so it never answers")),
    case(
        "pack that nobody includes",
        top("packs:", "  a:", "    routes:", "      - {name: b, keyword: c, reply: d}"),
        warning(9, 3, "pack `a` is included by no bot"),
    ),
    case(
        "misspelt event type",
        route("on: folow", "reply: b"),
        warning(8, 13, "`on`: line has no event type `folow` that hookline knows of", "did you mean `follow`?"),
    ),
    case(
        "misspelt message type",
        route("on: message.txt", "reply: b"),
        warning(
            8, 13, "`on`: line has no event type `message.txt` that hookline knows of", "did you mean `message.text`?"
        ),
    ),
    case(
        "event type that nobody knows",
        route("on: zzz", "reply: b"),
        warning(8, 13, "`on`: line has no event type `zzz` that hookline knows of"),
    ),
    case(
        "same keyword twice",
        bot("routes:", "  - {name: a, keyword: hi, reply: b}", "  - {name: c, keyword: hi, reply: d}"),
        warning(8, 10, "route `c` can never win: `a` (bot.yaml:7:10) answers first", "…shop 'hi'…"),
    ),
    case(
        "fallback that comes first",
        bot("routes:", "  - {name: a, otherwise: true, reply: b}", "  - {name: c, keyword: hi, reply: d}"),
        warning(
            8,
            10,
            "route `c` can never win: `a` (bot.yaml:7:10) answers first",
            "put `a`, which takes all, further down",
        ),
    ),
    case(
        "exact text without its keyword",
        route("exact: [foo, food]", "keyword: bar", "reply: b"),
        warning(
            7,
            9,
            "route `hours` can never win: none of its `exact` texts fits what else it looks for",
            "all matchers of a route must hold: make two routes of it",
        ),
    ),
    case(
        "exact text that its pattern doesn't find",
        route("exact: foo", "pattern: '^bar'", "reply: b"),
        warning(7, 9, "route `hours` can never win: none of its `exact` texts…", ANY),
    ),
    case(
        "one of two keywords is taken",
        bot("routes:", "  - {name: a, keyword: hi, reply: b}", "  - {name: c, keyword: [ho, hi], reply: d}"),
        warning(8, 10, "`hi` never gets to route `c`: `a` (bot.yaml:7:10) answers first", "…shop 'hi'…"),
    ),
    case(
        "keyword of an event without text",
        route("on: follow", "keyword: a", "reply: b"),
        warning(7, 9, "route `hours` can never win…", ANY),
    ),
    case(
        "postback of an event without data",
        route("on: message", "postback: a", "reply: b"),
        warning(7, 9, "route `hours` can never win…", "leave `on:` out, or add postback"),
    ),
    case(
        "keyword and postback in one route",
        route("postback: buy", "keyword: a", "reply: b"),
        warning(7, 9, "route `hours` can never win…", ANY),
    ),
]


@pytest.mark.parametrize(
    "broken",
    [*UNKNOWN_THINGS, *PACKS, *PATTERNS, *WORDS, *CONDITIONS, *EVENT_TYPES, *REPLIES, *PLACEHOLDERS, *OVERLAPS],
    ids=str,
)
def test_mistake_in_routes_is_found_at_its_place(broken: Case, tmp_path: Path) -> None:
    _write_files(tmp_path)

    found = [one for one in found_in(tmp_path, broken.text) if one.severity == "error"]

    assert differences(broken.expected, found) == []


@pytest.mark.parametrize("odd", WARNINGS, ids=str)
def test_what_hardly_works_as_meant_is_a_warning(odd: Case, tmp_path: Path) -> None:
    found = found_in(tmp_path, odd.text)

    assert differences(odd.expected, found) == []


def test_pack_included_twice_is_reported_where_it_is_included_again(tmp_path: Path) -> None:
    text = bot("plugins: {tickets: {}}", "routes:", "  - include: tickets", "  - include: tickets")

    found = found_in(tmp_path, text)

    assert found == [
        error(9, 18, "`include`: pack `tickets` is here twice", "the first is at bot.yaml:8:18"),
    ]


def test_five_messages_and_100_characters_are_fine(tmp_path: Path) -> None:
    found = found_in(tmp_path, route("keyword: " + "a" * 100, "reply: [a, b, c, d, " + "e" * 5000 + "]"))

    assert found == []


def _write_files(folder: Path) -> None:
    (folder / "broken.json").write_text('{"type": "text",\n "text": }')
    (folder / "untyped.json").write_text("[1]")
    (folder / "empty.json").write_text('{"type": "text", "text": ""}')
    (folder / "half.json").write_text(r'{"type": "text", "text": "\ud83d"}')
    (folder / "latin.json").write_bytes(b'{"type": "caf\xe9"}')
    (folder / "misspelt.json").write_text(json.dumps({"type": "text", "text": "{sender.nme}"}))
    (folder / "six.json").write_text(json.dumps([{"type": "text", "text": "a"}] * 6))
