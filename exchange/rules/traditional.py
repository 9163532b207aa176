"""Traditional characters of the words that stand in headings and cells, as simplified ones."""

from __future__ import annotations

import re

_TRADITIONAL = (
    "戶編號碼稱別鑽銀級電話聯絡繫機動單屬經總區縣營業廳務員齡歷農陽陰曆舊證東類型屬住處轉網銷過"
    "與職業愛運動喜歡饋贈賀優嗎溝通頻訊簡網絡問訪門備註賬帳單額費話語長時間數據條遊漫餘額從"
    "未來約滿開啟閉停復離攜營運競爭對無為領導鄉鎮鋪專線線兩個歲誕歸齊統計標誌識檔鏈結臺灣發"
    "記錄續觸達寫紀資訊實際現狀態勢選擇項內國際順圓產質籤簽變換壞獎勵積點擊後"
)
_SIMPLIFIED = (
    "户编号码称别钻银级电话联络系机动单属经总区县营业厅务员龄历农阳阴历旧证东类型属住处转网销过"
    "与职业爱运动喜欢馈赠贺优吗沟通频讯简网络问访门备注账账单额费话语长时间数据条游漫余额从"
    "未来约满开启闭停复离携营运竞争对无为领导乡镇铺专线线两个岁诞归齐统计标志识档链结台湾发"
    "记录续触达写纪资讯实际现状态势选择项内国际顺圆产质签签变换坏奖励积点击后"
)
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_FEWEST_PAIRS = 4
_TO_SIMPLIFIED = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def simplified(text: str) -> str:
    """Return ``text`` with its traditional characters simplified, to compare it with our words.

    Knows the characters of headings and of the words in their cells, not those of names: what is
    kept is always the text itself.
    """
    return text if text.isascii() else text.translate(_TO_SIMPLIFIED)


def is_big5(text: bytes) -> bool:
    """Say whether bytes are Chinese text in Big5, which GB18030 would take for other characters.

    Big5 keeps its common characters below C7 and uses second bytes from 40 to 7E for two of five
    of them; text of the mainland does neither.
    """
    pairs: list[bytes] = _PAIR.findall(text)
    if len(pairs) < _FEWEST_PAIRS:
        return False
    common = sum(0xA1 <= pair[0] <= 0xC6 for pair in pairs)
    low = sum(0x40 <= pair[1] <= 0x7E for pair in pairs)
    return common >= 0.9 * len(pairs) and low >= 0.2 * len(pairs)
