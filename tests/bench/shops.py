"""Write the configuration of many shops: 20 routes each of all kinds, no two shops with quite the same words."""

from __future__ import annotations

from pathlib import Path

from tests.bench.servers import SECRET

ROUTES = 20
ENVIRONMENT = {"TOKEN": "bench-token"}

_HEAD = """\
version: 1
store: "${STORE}"
"""
_PACKS = """\
packs:
  manners:
    routes:
      - name: thanks
        exact: [謝謝, thanks, ありがとう]
        reply: 不客氣，{sender.name|朋友}
      - name: hello
        keyword: [你好, 您好, hello]
        reply: 您好，{sender.name|朋友}！
"""
_BOT = """\
  shop#:
    adapter: line
    line:
      channel_secret: ${SECRET_#}
      access_token: ${TOKEN}
      api_base: http://127.0.0.1:9
    call_names: [小店#]
    timezone: Asia/Taipei
    plugins:
      bench: {}
    settings:
      phone: 02-2345-#
      address: 台北市中山路#號
    routes:
      - name: welcome
        on: follow
        reply: 歡迎 {sender.name}！這裡是第#號店，輸入「菜單」看看有什麼
      - name: order
        pattern: '訂單\\s*(?P<number>\\d+)-#'
        run: bench.nothing
      - name: refund
        pattern: ['退.*款.*#', 'refund\\s+#(?P<item>\\d+)']
        reply: 第 {match.item|?} 號的退款要三天，電話 {settings.phone}
      - name: menu
        keyword: [菜單, 菜单, menu, 選單#]
        when: {chat: user}
        reply:
          - type: text
            text: 想點什麼？第#號店今天有牛肉麵、滷肉飯和珍珠奶茶
            quickReply:
              items:
                - type: action
                  action: {type: message, label: 牛肉麵, text: 我要牛肉麵#}
                - type: action
                  action: {type: message, label: 滷肉飯, text: 我要滷肉飯#}
      - name: beef
        exact: [我要牛肉麵#, beef noodles]
        reply: 牛肉麵一碗 180 元，{sender.name|您}要大碗還是小碗？
      - name: pork
        exact: [我要滷肉飯#, braised pork rice]
        reply: 滷肉飯一碗 45 元
      - name: hours
        keyword: [幾點, 營業時間, opening hours, 營業#]
        reply: 每天 10:00–20:00，第#號店週日公休
      - name: address
        keyword: [地址, 在哪裡, where are you]
        reply: 我們在{settings.address}，電話 {settings.phone}
      - name: parking
        keyword: [停車, parking]
        reply: 店門口有#個停車位
      - name: delivery
        keyword: [外送, 外賣, delivery, 送餐#]
        reply:
          - 外送滿 300 元免運
          - 請打 {settings.phone}
      - name: book
        prefix: [訂位, 預約, book]
        reply: 好的，{match.rest|幾點}，幾位？
      - name: cancel
        prefix: [取消訂位, cancel#]
        reply: 已經幫您取消
      - name: pick
        postback: {action: pick, shop: '#'}
        reply: 您選了 {match.item}
      - name: confirm
        postback: confirm=yes&shop=#
        reply: 收到！
      - name: coupon
        keyword: [優惠, 折扣, coupon, 優惠#]
        when: {days: [mon, tue], time: 14:00-17:00}
        reply: 下午茶時間打九折，憑代碼 TEA#
      - name: late
        keyword: [宵夜]
        when: {time: 22:00-02:00}
        reply: 宵夜只剩滷味
      - name: member
        keyword: [會員, member, 點數#]
        when: {mentioned: false}
        reply: 會員卡號請告訴店員
      - name: feedback
        prefix: [意見, feedback]
        run: bench.nothing
      - include: manners
      - name: picture
        on: message.image
        reply: 好漂亮的照片，謝謝 {sender.name|您}
      - name: fallback
        otherwise: true
        reply: 抱歉，我聽不懂。試試「菜單」，或打 {settings.phone}
"""


def write_one(folder: Path, count: int) -> list[Path]:
    """Write *count* shops into one file in *folder*."""
    path = folder / "shops.yaml"
    path.write_text(f"{_HEAD}{_PACKS}bots:\n{''.join(shop(number) for number in range(count))}", "utf-8")
    return [path]


def write_each(folder: Path, count: int) -> list[Path]:
    """Write *count* shops into a file each, the packs into another."""
    packs = folder / "packs.yaml"
    packs.write_text(f"{_HEAD}{_PACKS}", "utf-8")
    paths = [folder / f"shop{number}.yaml" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_text(f"version: 1\nbots:\n{shop(number)}", "utf-8")
    return [packs, *paths]


def shop(number: int) -> str:
    """Return the bot *number* as it stands below ``bots:``."""
    return _BOT.replace("#", str(number))


def environment(count: int, folder: Path) -> dict[str, str]:
    """Return the variables that *count* shops need, their store a file in *folder*."""
    secrets = {f"SECRET_{number}": SECRET for number in range(count)}
    return {**ENVIRONMENT, **secrets, "STORE": f"sqlite:///{folder}/shops.db"}
