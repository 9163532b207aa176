"""Invented contacts for a demonstration: the same for the same seed. Plain values in and out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

LONGEST_PAST_DAYS = 330
CHANNELS = {"phone": 50, "sms": 16, "im": 14, "visit": 10, "reception": 7, "mms": 3}
UNANSWERED = ("no_answer", "busy", "switched_off", "rejected")
PLACES = ("客户办公室", "滨江广场营业厅", "城东营业厅", "客户家中", "湖滨茶馆")

SUMMARIES = {
    "regular": (
        "例行回访，客户对网络质量满意，家里宽带也正常。",
        "聊了近况，客户下月换岗，通话会增加，已记下。",
        "客户反映地下车库信号弱，已转网络部门处理。",
        "确认了联系地址和常用邮箱，客户表示随时可联系。",
    ),
    "care": (
        "节日问候，客户很高兴，问到孩子升学的事。",
        "生日祝福，提醒可领取机场贵宾厅权益。",
    ),
    "sim_replacement": (
        "协助更换5G卡，上门送卡并当面激活。",
        "提醒旧卡即将停用，约好下周到厅换卡。",
    ),
    "campaign": ("介绍秋季老用户回馈活动，客户想再考虑。", "邀请参加话费充值活动，客户已办理。"),
    "tariff_promotion": (
        "介绍新套餐，月费相近而流量翻倍，客户同意变更。",
        "比较了两档融合套餐，客户要和家人商量。",
    ),
    "brand_promotion": ("介绍钻卡专属服务热线和绿色通道。",),
    "guaranteed_handling": (
        "担保办理过户手续，资料三日内补齐。",
        "代办副卡业务，身份证复印件待补。",
    ),
    "reward_activity": ("邀请参加周末羽毛球联谊，客户带家人出席。", "送达体检券，客户表示感谢。"),
    "customer_question": (
        "客户来电询问国际漫游资费，已逐项说明。",
        "客户咨询账单中的增值业务费，解释后退订。",
    ),
    "follow_up": (
        "按约回复：信号问题已派单，预计三天内解决。",
        "回复上次询问的合约到期日，客户满意。",
    ),
}
OCCASIONS = {
    "regular": 40,
    "care": 10,
    "sim_replacement": 6,
    "campaign": 9,
    "tariff_promotion": 10,
    "brand_promotion": 4,
    "guaranteed_handling": 5,
    "reward_activity": 6,
    "customer_question": 7,
    "follow_up": 3,
}
_SPOKEN_OR_MET = {"phone", "visit", "reception"}


@dataclass(frozen=True)
class InventedContact:
    """One contact or attempt; ``at`` is a local time without zone."""

    at: datetime
    channel: str
    direction: str
    outcome: str
    occasion: str
    summary: str
    place: str
    duration_seconds: int | None
    follow_up_on: date | None
    entered_after: timedelta


def invent_contacts(
    random: Random, *, last_contact_on: date | None, vip_since: date, is_key: bool, today: date
) -> Iterator[InventedContact]:
    """Yield what may have happened with one customer before the last contact, and tries since.

    Nothing that counts is later than ``last_contact_on``: the due days stay what they are.
    """
    if last_contact_on is not None:
        day = last_contact_on
        for _ in range(random.choice((0, 1, 1, 2, 2, 3, 4))):
            day -= timedelta(days=random.randint(9, 75))
            if day <= vip_since or (today - day).days > LONGEST_PAST_DAYS:
                break
            yield _reached(random, day, _pick(random, CHANNELS), today)
        visited = last_contact_on - timedelta(days=random.randint(15, 150))
        if is_key and visited > vip_since:
            yield _reached(random, visited, "visit", today)
    first = max(last_contact_on or vip_since, today - timedelta(days=12))
    for _ in range(random.choice((0, 0, 0, 0, 1, 1, 2))):
        gap = (today - first).days
        if gap > 1:
            yield _unanswered(random, first + timedelta(days=random.randint(1, gap - 1)))


def _reached(random: Random, day: date, channel: str, today: date) -> InventedContact:
    occasion = _pick(random, OCCASIONS)
    incoming = occasion == "customer_question" or random.random() < 0.08
    promised = random.random() < 0.12
    return InventedContact(
        at=_time_of(random, day),
        channel=channel,
        direction="incoming" if incoming else "outgoing",
        outcome="reached",
        occasion=occasion,
        summary=random.choice(SUMMARIES[occasion]),
        place=random.choice(PLACES) if channel in {"visit", "reception"} else "",
        duration_seconds=random.randint(60, 900) if channel in _SPOKEN_OR_MET else None,
        follow_up_on=_promise(random, day, today) if promised else None,
        entered_after=timedelta(hours=60 if random.random() < 0.04 else 0, minutes=5),
    )


def _unanswered(random: Random, day: date) -> InventedContact:
    return InventedContact(
        at=_time_of(random, day),
        channel="phone",
        direction="outgoing",
        outcome=random.choice(UNANSWERED),
        occasion="regular",
        summary="",
        place="",
        duration_seconds=None,
        follow_up_on=None,
        entered_after=timedelta(minutes=2),
    )


def _promise(random: Random, day: date, today: date) -> date:
    """Some promises are due now, the others were due soon after the contact."""
    if random.random() < 0.35:
        return max(day, today + timedelta(days=random.randint(-3, 6)))
    return day + timedelta(days=random.randint(1, 7))


def _time_of(random: Random, day: date) -> datetime:
    return datetime.combine(day, time(random.randint(9, 17), random.randint(0, 59)))


def _pick(random: Random, weights: dict[str, int]) -> str:
    return random.choices(list(weights), weights=list(weights.values()))[0]
