"""The signals of the risk score as they are in force from the beginning (article 17)."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FROM_THE_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)

GROUPS = [
    ("usage", "Falling use and dormancy", "用量下降与沉默", 40),
    ("payment", "Payment", "缴费", 25),
    ("contract", "Contract", "合约", 22),
    ("service", "Service", "服务", 20),
]

# code, group, field, operator, threshold, window in months, points, English, Chinese
SIGNALS = [
    (
        "voice-falling", "usage", "voice_change_percent", "lte", -40, 3, 14,
        "Calls far less than usual", "通话时长明显低于平时",
    ),
    (
        "data-falling", "usage", "data_change_percent", "lte", -40, 3, 14,
        "Uses far less data than usual", "流量明显低于平时",
    ),
    (
        "bill-falling", "usage", "bill_change_percent", "lte", -30, 3, 12,
        "The bill is far lower than usual", "账单明显低于平时",
    ),
    (
        "dormant", "usage", "days_without_use", "gte", 15, 3, 28,
        "Hardly uses the number any more", "号码近乎停用",
    ),
    (
        "roaming-stopped", None, "months_without_roaming", "gte", 4, 12, 4,
        "Used to roam and does not any more", "曾经漫游，近期不再漫游",
    ),
    (
        "arrears", "payment", "arrears_yuan", "gt", 0, 3, 15,
        "Is in arrears", "欠费",
    ),
    (
        "suspended", "payment", "suspensions", "gte", 1, 3, 15,
        "Was suspended lately", "近期停过机",
    ),
    (
        "contract-ending", "contract", "contract_days_left", "lte", 60, 3, 16,
        "The contract ends within 60 days", "合约60天内到期",
    ),
    (
        "contract-ended", "contract", "contract_days_left", "lt", 0, 3, 22,
        "The contract has ended", "合约已到期",
    ),
    (
        "contact-overdue", "service", "contact_overdue_days", "gte", 7, 3, 8,
        "Nobody has been in touch in time", "逾期未联系",
    ),
    (
        "care-calls", "service", "care_calls", "gte", 3, 3, 12,
        "Calls the care line often", "频繁致电客服热线",
    ),
    (
        "manager-changed", "service", "days_with_manager", "lte", 60, 3, 6,
        "The customer manager changed lately", "近期更换过客户经理",
    ),
]  # fmt: skip


def add_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the groups and the first version of each signal."""
    group_model = apps.get_model("retention", "SignalGroup")
    signal_model = apps.get_model("retention", "Signal")
    version_model = apps.get_model("retention", "SignalVersion")
    groups = {
        code: group_model.objects.create(code=code, name_en=english, name_zh=chinese, cap=cap)
        for code, english, chinese, cap in GROUPS
    }
    for code, group, field, operator, threshold, window, points, english, chinese in SIGNALS:
        signal = signal_model.objects.create(code=code, created_at=FROM_THE_BEGINNING)
        version_model.objects.create(
            signal=signal,
            number=1,
            field=field,
            operator=operator,
            threshold=Decimal(threshold),
            window_months=window,
            points=points,
            reason_en=english,
            reason_zh=chinese,
            group=groups[group] if group else None,
            changed_at=FROM_THE_BEGINNING,
        )


def remove_defaults(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the signals of the first day where nothing was scored by them."""
    codes = [signal[0] for signal in SIGNALS]
    apps.get_model("retention", "Signal").objects.filter(code__in=codes).delete()
    versions = apps.get_model("retention", "SignalVersion").objects
    used = versions.filter(group__isnull=False).values("group")
    groups = apps.get_model("retention", "SignalGroup").objects
    groups.filter(code__in=[group[0] for group in GROUPS]).exclude(pk__in=used).delete()


class Migration(migrations.Migration):
    """The default signals, as rows."""

    dependencies = [("retention", "0001_initial")]

    operations = [migrations.RunPython(add_defaults, remove_defaults)]
