"""The catalogue of retention measures to begin with; the company changes it as it likes."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code, kind, name in English and Chinese, talking points in English and Chinese, value, tiers,
# months with us, limits of the manager and of the supervisor. Values and limits in yuan.
DEFAULTS = [
    (
        "bill-credit-50",
        "marketing",
        "Bill credit of ¥50",
        "赠送话费50元",
        "Arrives at once and comes off the next bill. For customers who are a little unhappy with a bill and have not compared plans yet.",
        "到账快，一次性抵扣下月账单。适合因账单偶有不满、尚未比较他网套餐的客户。",
        50,
        [],
        0,
        50,
        300,
    ),
    (
        "bill-credit-200",
        "marketing",
        "Bill credit of ¥200 over four months",
        "赠送话费200元（分4个月返还）",
        "¥50 back each month while the number stays. Ask first what the other plan costs, then tell what the bill really comes to.",
        "每月返还50元，在网期间有效。先问清对方套餐价格，再说明返还后的实际月费。",
        200,
        [],
        6,
        100,
        300,
    ),
    (
        "plan-discount-12",
        "marketing",
        "20 % off the plan for twelve months",
        "套餐八折优惠12个月",
        "The plan stays as it is for twelve months. Number, points and the family's services are not touched.",
        "保留原套餐内容，合约12个月。强调号码、积分和家庭成员业务都不受影响。",
        480,
        ["diamond", "gold"],
        12,
        100,
        500,
    ),
    (
        "data-pack-20gb",
        "marketing",
        "20 GB of data a month for six months",
        "每月赠送20GB流量6个月",
        "Begins today and ends by itself. For customers whose data runs out before the month does.",
        "当天生效，到期不自动续订。适合流量常超套餐的客户。",
        90,
        [],
        0,
        100,
        300,
    ),
    (
        "device-subsidy",
        "marketing",
        "Device subsidy with a 24-month contract",
        "签约24个月购机补贴",
        "Only with a contract. Tell the subsidy, what breaking the contract costs and which devices there are; let the customer read it.",
        "限签约用户。说明补贴金额、违约责任和可选机型，请客户看清再决定。",
        1200,
        ["diamond", "gold"],
        12,
        0,
        800,
    ),
    (
        "roaming-pack",
        "marketing",
        "Three days of international roaming data",
        "国际漫游流量包3天",
        "For customers who travel soon. The manager can switch it on before the journey.",
        "适合近期出境的客户。可在出发前由客户经理代为开通。",
        90,
        [],
        0,
        100,
        300,
    ),
    (
        "network-visit",
        "special_care",
        "Coverage check at home within 48 hours",
        "48小时内上门测试网络",
        "Mend the network before speaking of money. Agree on a time; the manager comes along with the engineer.",
        "网络问题先解决问题，不急于谈优惠。约好时间，客户经理陪同工程师上门。",
        0,
        [],
        0,
        0,
        0,
    ),
    (
        "supervisor-visit",
        "special_care",
        "Visit by the supervisor with a gift",
        "主管登门拜访并赠送礼品",
        "For customers who leave over the service. Tell the supervisor beforehand what happened; call the customer the same day.",
        "适合因服务不满意而想离开的客户。拜访前把情况告诉主管，拜访后当天回访。",
        300,
        ["diamond", "gold"],
        0,
        0,
        300,
    ),
]


def add_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the measures."""
    measure = apps.get_model("retention", "Measure")
    measure.objects.bulk_create(
        measure(
            code=code,
            kind=kind,
            name_en=english,
            name_zh=chinese,
            points_en=points_english,
            points_zh=points_chinese,
            value=value,
            tiers=tiers,
            months_with_us=months,
            manager_limit=manager,
            supervisor_limit=supervisor,
        )
        for (
            code,
            kind,
            english,
            chinese,
            points_english,
            points_chinese,
            value,
            tiers,
            months,
            manager,
            supervisor,
        ) in DEFAULTS
    )


def remove_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the measures that no case has chosen."""
    measure = apps.get_model("retention", "Measure")
    codes = [row[0] for row in DEFAULTS]
    measure.objects.filter(code__in=codes, offers=None).delete()


class Migration(migrations.Migration):
    """Eight measures of the two kinds of article 18."""

    dependencies = [("retention", "0002_default_signals")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
