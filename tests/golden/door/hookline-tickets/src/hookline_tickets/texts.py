"""Hold all that customers and staff read, by language."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Texts(BaseModel):
    """Hold the texts of one language; an empty one falls back to ours. Values stand in braces, as ``{number}``."""

    model_config = ConfigDict(extra="forbid")

    taken: str = ""
    position: str = ""
    none: str = ""
    cancelled: str = ""
    full: str = ""
    unknown: str = ""
    called: str = ""
    your_turn: str = ""
    nearly: str = ""
    empty: str = ""
    staff_only: str = ""
    reset: str = ""


TEXTS: Mapping[str, Texts] = {
    "zh-Hant": Texts(
        taken="您的號碼是 {number} 號，前面還有 {ahead} 組。",
        position="您是 {number} 號，前面還有 {ahead} 組。",
        none="您還沒有號碼，目前叫到 {serving} 號。輸入「取號」就可以排隊。",
        cancelled="已取消 {number} 號。",
        full="現在排隊的人太多了，請稍後再試。",
        unknown="抱歉，無法辨識您的帳號，請加好友後再試。",
        called="請 {number} 號。還有 {waiting} 組在等。",
        your_turn="{number} 號，輪到您了！",
        nearly="{number} 號，再 {places} 組就輪到您了，請準備。",
        empty="目前沒有人在排隊。",
        staff_only="只有店員可以叫號。",
        reset="已重新開始，下一位是 1 號。",
    ),
    "en": Texts(
        taken="Your number is {number}; {ahead} ahead of you.",
        position="You have number {number}; {ahead} ahead of you.",
        none="You have no number yet; we are serving {serving}. Say “ticket” to queue.",
        cancelled="Number {number} is cancelled.",
        full="Too many people are waiting just now. Please try again later.",
        unknown="Sorry, we can't tell who you are. Please add us as a friend and try again.",
        called="Calling number {number}; {waiting} waiting.",
        your_turn="Number {number}, it's your turn!",
        nearly="Number {number}, {places} more and it's your turn. Please get ready.",
        empty="Nobody is waiting.",
        staff_only="Only staff can call numbers.",
        reset="The queue starts again at number 1.",
    ),
    "ja": Texts(
        taken="番号は{number}番です。お待ちの方は{ahead}組です。",
        position="{number}番です。お待ちの方は{ahead}組です。",
        none="まだ番号がありません。ただいま{serving}番をご案内中です。「取號」と入力してください。",
        cancelled="{number}番を取り消しました。",
        full="ただいま大変混み合っています。後ほどお試しください。",
        unknown="アカウントを確認できません。友だち追加のうえお試しください。",
        called="{number}番をお呼びします。お待ちは{waiting}組です。",
        your_turn="{number}番のお客様、お待たせしました！",
        nearly="{number}番のお客様、あと{places}組です。ご準備ください。",
        empty="お待ちの方はいません。",
        staff_only="番号を呼べるのはスタッフだけです。",
        reset="1番から再開します。",
    ),
    "th": Texts(
        taken="คิวของคุณคือหมายเลข {number} มีก่อนหน้า {ahead} คิว",
        position="คุณคือหมายเลข {number} มีก่อนหน้า {ahead} คิว",
        none="คุณยังไม่มีคิว ขณะนี้ถึงหมายเลข {serving} พิมพ์ ticket เพื่อรับคิว",
        cancelled="ยกเลิกหมายเลข {number} แล้ว",
        full="ขณะนี้มีผู้รอจำนวนมาก กรุณาลองใหม่ภายหลัง",
        unknown="ไม่พบบัญชีของคุณ กรุณาเพิ่มเพื่อนแล้วลองใหม่",
        called="เชิญหมายเลข {number} เหลือรออีก {waiting} คิว",
        your_turn="หมายเลข {number} ถึงคิวของคุณแล้ว!",
        nearly="หมายเลข {number} อีก {places} คิวจะถึงคุณ กรุณาเตรียมตัว",
        empty="ไม่มีใครรอคิว",
        staff_only="เฉพาะพนักงานเท่านั้นที่เรียกคิวได้",
        reset="เริ่มคิวใหม่ที่หมายเลข 1",
    ),
}
