"""The public holidays and make-up workdays that have been announced by now."""

from datetime import date, timedelta

import chinese_calendar
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FIRST_YEAR = 2024
SATURDAY = 6


def add_announced(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Add the days that are not what their weekday says, as far as the package knows them."""
    exception = apps.get_model("workplans", "WorkdayException")
    last = max(chinese_calendar.constants.holidays).replace(month=12, day=31)
    day, found = date(FIRST_YEAR, 1, 1), []
    while day <= last:
        is_workday = chinese_calendar.is_workday(day)
        if is_workday != (day.isoweekday() < SATURDAY):
            _is_holiday, name = chinese_calendar.get_holiday_detail(day)
            found.append(exception(day=day, is_workday=is_workday, name=name or "", by_hand=False))
        day += timedelta(days=1)
    exception.objects.bulk_create(found)


class Migration(migrations.Migration):
    """Working days, as rows; a job adds the years that are announced later."""

    dependencies = [("workplans", "0001_initial")]

    operations = [migrations.RunPython(add_announced, migrations.RunPython.noop)]
