"""Open and repeated complaints as signals of the risk score (articles 17 and 21)."""

from datetime import UTC, datetime
from decimal import Decimal

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FROM_THE_BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
GROUP = "service"

# code, field, least, window in months, points, English, Chinese
SIGNALS = [
    ("complaint-open", "open_complaints", 1, 3, 10, "Has an open complaint", "有未办结的投诉"),
    ("complaints-repeated", "complaints", 2, 3, 12, "Complained repeatedly", "近期重复投诉"),
]


def add_signals(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the first version of each signal, where the company has none of this code."""
    signal_model = apps.get_model("retention", "Signal")
    version_model = apps.get_model("retention", "SignalVersion")
    group = apps.get_model("retention", "SignalGroup").objects.filter(code=GROUP).first()
    for code, field, least, window, points, english, chinese in SIGNALS:
        signal, is_new = signal_model.objects.get_or_create(
            code=code, defaults={"created_at": FROM_THE_BEGINNING}
        )
        if is_new:
            version_model.objects.create(
                signal=signal,
                number=1,
                field=field,
                operator="gte",
                threshold=Decimal(least),
                window_months=window,
                points=points,
                reason_en=english,
                reason_zh=chinese,
                group=group,
                changed_at=FROM_THE_BEGINNING,
            )


class Migration(migrations.Migration):
    """Two more signals, as rows."""

    dependencies = [("retention", "0007_complaint_features")]

    operations = [migrations.RunPython(add_signals, migrations.RunPython.noop)]
