"""The categories and causes of complaints to begin with, in both languages."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

CATEGORIES = [
    (
        ("network", "Network", "网络质量"),
        ("network-coverage", "No or poor signal", "无信号或信号差"),
        ("network-data", "Slow or broken data service", "上网慢或中断"),
        ("network-calls", "Calls fail or break off", "通话失败或掉话"),
        ("network-roaming", "Roaming", "漫游"),
    ),
    (
        ("billing", "Bills and charges", "账单与资费"),
        ("billing-dispute", "A charge is disputed", "费用争议"),
        ("billing-plan", "The plan is not what was said", "套餐与宣传不符"),
        ("billing-unasked", "Ordered without being asked", "未经同意开通业务"),
        ("billing-refund", "A refund is owed", "退费"),
    ),
    (
        ("service", "Service", "服务"),
        ("service-refused", "Service refused", "拒绝服务"),
        ("service-unreachable", "The phone is not answered", "电话无人接听"),
        ("service-attitude", "Manner or words", "服务态度"),
        ("service-promise", "A promise was not kept", "承诺未兑现"),
        ("service-slow", "Too slow", "处理不及时"),
    ),
    (
        ("handling", "Handling of requests", "业务办理"),
        ("handling-sim", "SIM replacement", "换卡补卡"),
        ("handling-port", "Porting or closing the number", "携号转网或销号"),
        ("handling-wrong", "Handled wrongly", "办理差错"),
    ),
    (
        ("rewards", "Rewards and activities", "回馈活动"),
        ("rewards-points", "Points", "积分"),
        ("rewards-gifts", "Gifts and activities", "礼品与活动"),
    ),
    (
        ("privacy", "Privacy and disturbance", "隐私与骚扰"),
        ("privacy-messages", "Unwanted calls and messages", "营销骚扰"),
        ("privacy-data", "Personal data", "个人信息"),
    ),
    (("other", "Other", "其他"),),
]

CAUSES = [
    ("network-fault", "Fault or gap of the network", "网络故障或覆盖不足"),
    ("system-error", "Error of a system", "系统差错"),
    ("wrong-bill", "Wrong charge", "计费差错"),
    ("unclear-rules", "Rules or advertising unclear", "规则或宣传不清"),
    ("wrong-information", "Wrong information given", "解释错误"),
    ("no-consent", "Done without consent", "未经客户同意办理"),
    ("not-handled-in-time", "Not handled in time", "未及时处理"),
    ("promise-forgotten", "A promise was forgotten", "承诺遗忘"),
    ("manner", "Manner of a person", "服务态度"),
    ("too-many-contacts", "Contacted too often", "联系过于频繁"),
    ("process", "A process has a gap", "流程缺陷"),
    ("misunderstanding", "Misunderstanding", "客户误解"),
    ("other", "Other", "其他"),
]

TEMPLATES = [
    (
        "受理告知",
        "尊敬的客户，您好！您反映的问题我们已受理，由专人跟进，将在规定时限内给您答复。",
    ),
    (
        "处理结果",
        "尊敬的客户，您好！您反映的问题已核实处理，结果如下：……如仍有疑问，请随时与我们联系。",
    ),
    (
        "致歉",
        "尊敬的客户，对由此给您带来的不便，我们深表歉意，并将采取措施避免再次发生。",
    ),
]


def add_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the categories, causes and templates; head office adds its own."""
    category = apps.get_model("complaints", "Category")
    for place, (above, *below) in enumerate(CATEGORIES, start=1):
        code, english, chinese = above
        parent = category.objects.create(
            code=code, path=f"{code}/", name_en=english, name_zh=chinese, position=10 * place
        )
        category.objects.bulk_create(
            category(
                code=code,
                path=f"{parent.path}{code}/",
                name_en=english,
                name_zh=chinese,
                position=10 * number,
                parent=parent,
            )
            for number, (code, english, chinese) in enumerate(below, start=1)
        )
    cause = apps.get_model("complaints", "Cause")
    cause.objects.bulk_create(
        cause(code=code, name_en=english, name_zh=chinese, position=10 * place)
        for place, (code, english, chinese) in enumerate(CAUSES, start=1)
    )
    template = apps.get_model("complaints", "ResponseTemplate")
    template.objects.bulk_create(template(title=title, text=text) for title, text in TEMPLATES)


def remove_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove what came with this."""
    category = apps.get_model("complaints", "Category")
    codes = [code for family in CATEGORIES for code, _english, _chinese in family]
    category.objects.filter(code__in=codes, parent__isnull=False).delete()
    category.objects.filter(code__in=codes).delete()
    cause = apps.get_model("complaints", "Cause")
    cause.objects.filter(code__in=[code for code, _english, _chinese in CAUSES]).delete()
    template = apps.get_model("complaints", "ResponseTemplate")
    template.objects.filter(title__in=[title for title, _text in TEMPLATES]).delete()


class Migration(migrations.Migration):
    """Categories, causes and templates as rows."""

    dependencies = [("complaints", "0001_initial")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
