from pathlib import Path

from hookline.testing import running_bot

FOLDER = Path(__file__).parents[1]
ROUTES = """
- {name: say, prefix: [say, 說], run: echo.say}
- {name: all, otherwise: true, run: echo.say}
"""


async def test_says_back_what_follows_the_prefix() -> None:
    async with running_bot(plugin="echo", folder=FOLDER, routes=ROUTES) as bot:
        answer = await bot.says("說 你好")

    assert answer.texts == ["你好"]


async def test_says_back_the_whole_text_with_the_bots_own_prefix() -> None:
    async with running_bot(plugin="echo", folder=FOLDER, settings={"prefix": "你說："}, routes=ROUTES) as bot:
        answer = await bot.says("今天天氣真好")

    assert answer.texts == ["你說：今天天氣真好"]
