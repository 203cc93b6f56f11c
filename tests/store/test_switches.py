from __future__ import annotations

from hookline.store.memory.switches import AuditEntry, Off, Switch
from tests.store.worlds import open_store
from tests.support import NOW

MENU = Switch("shop", "route", "menu")


async def test_what_was_never_switched_is_on(store_url: str) -> None:
    async with open_store(store_url) as store:
        assert await store.switches.off() == []


async def test_switch_stays_off_until_it_is_switched_on(store_url: str) -> None:
    async with open_store(store_url) as store:
        await store.switches.turn(MENU, is_on=False, who="ann", now=NOW)
        off = await store.switches.off()
        await store.switches.turn(MENU, is_on=True, who="ben", now=NOW + 1)

        assert off == [Off(MENU, NOW, "ann")]
        assert await store.switches.off() == []


async def test_same_name_in_another_bot_and_of_another_kind_is_another_switch(store_url: str) -> None:
    async with open_store(store_url) as store:
        others = [Switch("cafe", "route", "menu"), Switch("shop", "plugin", "menu"), Switch("shop", "bot")]
        for switch in others:
            await store.switches.turn(switch, is_on=False, who="ann", now=NOW)

        await store.switches.turn(MENU, is_on=True, who="ann", now=NOW)

        assert {off.switch for off in await store.switches.off()} == set(others)


async def test_each_change_is_in_the_audit_once_newest_first(store_url: str) -> None:
    async with open_store(store_url) as store:
        turned = [
            await store.switches.turn(MENU, is_on=is_on, who=who, now=NOW + at)
            for at, (is_on, who) in enumerate([(False, "ann"), (False, "ben"), (True, "cid")])
        ]

        assert turned == [True, False, True]
        assert await store.switches.audit("shop", 10) == [
            AuditEntry(NOW + 2, "cid", "routes.enable", "shop", "menu"),
            AuditEntry(NOW, "ann", "routes.disable", "shop", "menu"),
        ]
        assert await store.switches.audit("cafe", 10) == []
