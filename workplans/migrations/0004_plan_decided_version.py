"""A plan remembers how its decision left it, so that the decision can be undone until then."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workplans", "0003_plain_names")]

    operations = [
        migrations.AddField(
            model_name="workplan",
            name="decided_version",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
    ]
