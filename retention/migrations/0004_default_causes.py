"""The causes of leaving to begin with, on two levels, in both languages."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

DEFAULTS = [
    (
        ("price", "Price", "资费"),
        ("price-plan", "A cheaper plan elsewhere", "其他运营商套餐更便宜"),
        ("price-unused", "The plan no longer fits the use", "套餐与使用不匹配"),
        ("price-promotion", "A promotion ended", "优惠到期"),
    ),
    (
        ("network", "Network", "网络"),
        ("network-coverage", "Poor coverage at home or work", "住所或单位信号差"),
        ("network-data", "Slow or broken data service", "上网慢或不稳定"),
        ("network-roaming", "Trouble while roaming", "漫游问题"),
    ),
    (
        ("service", "Service", "服务"),
        ("service-manager", "Not content with the manager", "对客户经理不满意"),
        ("service-complaint", "A complaint not settled", "投诉未妥善解决"),
        ("service-neglect", "Not cared for", "缺少维系"),
    ),
    (
        ("billing", "Bills and credit", "账单与信用"),
        ("billing-dispute", "A dispute about the bill", "账单争议"),
        ("billing-arrears", "Closed for arrears", "欠费销号"),
    ),
    (
        ("competitor", "Competition", "竞争"),
        ("competitor-offer", "A competitor's targeted offer", "竞争对手定向策反"),
        ("competitor-device", "A device with a contract elsewhere", "对方合约机"),
        ("competitor-bundle", "Bundled with broadband elsewhere", "对方宽带融合"),
    ),
    (
        ("life", "The customer's own life", "客户自身原因"),
        ("life-moved", "Moved away or abroad", "搬迁或出国"),
        ("life-employer", "The employer changed operator", "单位统一更换运营商"),
        ("life-number", "Gave up a second number", "不再使用副号"),
    ),
    (
        ("other", "Other", "其他"),
        ("other-unknown", "Not to be found out", "原因不明"),
        ("other-other", "Something else", "其他原因"),
    ),
]


def add_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the causes; head office adds its own and takes these out of use."""
    cause = apps.get_model("retention", "DepartureCause")
    for place, (above, *below) in enumerate(DEFAULTS, start=1):
        code, english, chinese = above
        parent = cause.objects.create(
            code=code, name_en=english, name_zh=chinese, position=10 * place
        )
        cause.objects.bulk_create(
            cause(code=code, name_en=english, name_zh=chinese, position=10 * number, parent=parent)
            for number, (code, english, chinese) in enumerate(below, start=1)
        )


def remove_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the causes that came with this."""
    cause = apps.get_model("retention", "DepartureCause")
    codes = [code for family in DEFAULTS for code, _english, _chinese in family]
    cause.objects.filter(code__in=codes, parent__isnull=False).delete()
    cause.objects.filter(code__in=codes).delete()


class Migration(migrations.Migration):
    """Causes as rows."""

    dependencies = [("retention", "0003_default_measures")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
