"""Why invented customers leave, and how it shows months before: the simulator's table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """An event that comes so many days (from, to) before the leaving, for this share of leavers."""

    kind: str
    days_before: tuple[int, int]
    share: float


@dataclass(frozen=True, slots=True)
class Course:
    """Why somebody leaves and how it shows over ``months`` (from, to) before.

    ``cause`` is the code of a cause of leaving. ``voice``, ``data``, ``bill``: which part of it is
    lost at the worst. ``idle``: days without use a month, ``care``: calls to the care line a month.
    """

    cause: str
    weight: int
    kind: str = "ported_out"
    is_voluntary: bool = True
    months: tuple[int, int] = (3, 5)
    voice: float = 0.0
    data: float = 0.0
    bill: float = 0.0
    idle: int = 0
    care: float = 0.0
    has_arrears: bool = False
    ends_contract: bool = False
    has_competitor: bool = True
    signs: Sequence[Sign] = ()
    found: str = ""
    lesson: str = ""


QUERY = Sign("portability_query", (8, 30), 0.6)
CODE = Sign("authorisation_code", (1, 3), 0.5)

COURSES = (
    Course(
        cause="competitor-offer",
        weight=28,
        months=(4, 5),
        voice=0.75,
        data=0.75,
        bill=0.55,
        ends_contract=True,
        signs=(QUERY, CODE),
        found="客户收到竞争对手的优惠方案，正在比较。",
        lesson="合约到期前三个月应主动给出续约方案。",
    ),
    Course(
        cause="competitor-bundle",
        weight=12,
        months=(4, 5),
        voice=0.7,
        data=0.75,
        bill=0.5,
        ends_contract=True,
        signs=(QUERY, CODE),
        found="家里准备换宽带，对方送手机卡。",
        lesson="宽带到期与手机合约要一起看。",
    ),
    Course(
        cause="network-coverage",
        weight=18,
        months=(4, 5),
        voice=0.7,
        data=0.75,
        bill=0.4,
        care=3.0,
        signs=(QUERY,),
        found="新搬的写字楼里信号差，已多次致电客服。",
        lesson="网络投诉要由客户经理跟进到解决。",
    ),
    Course(
        cause="billing-dispute",
        weight=12,
        voice=0.6,
        data=0.6,
        bill=0.45,
        care=3.0,
        has_arrears=True,
        has_competitor=False,
        signs=(Sign("arrears_cleared", (2, 9), 0.7), CODE),
        found="对上月账单里的增值业务费有异议，拒绝缴费。",
        lesson="账单争议先退费再核查，不要停机。",
    ),
    Course(
        cause="life-moved",
        weight=10,
        kind="closed",
        voice=0.85,
        data=0.85,
        bill=0.6,
        idle=24,
        has_competitor=False,
        signs=(Sign("sim_returned", (0, 2), 0.5),),
        found="客户要搬到外地，号码用得少了。",
        lesson="提前介绍异地服务和停机保号。",
    ),
    Course(
        cause="life-employer",
        weight=10,
        months=(3, 4),
        voice=0.75,
        data=0.6,
        bill=0.5,
        signs=(Sign("contract_freed", (10, 28), 0.8),),
        found="单位统一更换运营商，个人号码在犹豫。",
        lesson="集团客户动向要与集团客户经理互通。",
    ),
    Course(
        cause="billing-arrears",
        weight=8,
        kind="closed",
        is_voluntary=False,
        months=(4, 6),
        voice=0.7,
        data=0.7,
        bill=0.5,
        idle=16,
        has_arrears=True,
        has_competitor=False,
        found="多次联系未接，欠费两个月。",
        lesson="欠费当月就要联系，担保服务可以先用。",
    ),
    Course(
        cause="other-unknown",
        weight=10,
        months=(1, 1),
        found="客户说一切正常。",
        lesson="没有任何征兆，回访也未说明原因。",
    ),
)
FADING = Course(
    cause="", weight=0, kind="vip_ended", voice=0.4, data=0.4, bill=0.6, has_competitor=False
)
SUDDEN = Course(cause="", weight=0, months=(1, 1), has_competitor=False)
WITHOUT_SIGNS = "other-unknown"
