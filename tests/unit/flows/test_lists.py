"""Lists as an owner writes them, run by a whole bot."""

from __future__ import annotations

from hookline.testing import running_bot

BOT = """
version: 1
bots:
  cafe:
    adapter: line
    line: {channel_secret: "${SECRET}", access_token: "${TOKEN}"}
    languages: [en]
    flows:
      order:
        steps:
          - list: cart
            steps: [{ask: drink, choices: [tea, latte], say: drink?}]
            line: '- {entry.drink}'
            more: more?
            at_most: 3
          - reply: |-
              {flow.cart.count}:
              {flow.cart}
    routes:
      - {name: order, exact: order, begin: order}
"""


async def test_list_at_the_end_of_a_flow_has_the_rounds_that_were_answered_and_no_more() -> None:
    async with running_bot(BOT) as bot:
        two = [(await bot.says(text)).texts for text in ("order", "tea", "yes", "latte", "no")]
        three = [(await bot.says(text)).texts for text in ("order", "tea", "yes", "latte", "yes", "tea")]

    assert two[-1] == ["2:\n- tea\n- latte"]
    assert three[-1] == ["3:\n- tea\n- latte\n- tea"]
