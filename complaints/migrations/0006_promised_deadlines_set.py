"""Each complaint keeps what was promised."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The columns are never empty from here on."""

    dependencies = [("complaints", "0005_fill_promised_deadlines")]

    operations = [
        migrations.AlterField(
            model_name="complaint",
            name="promised_response_minutes",
            field=models.PositiveIntegerField(editable=False),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="promised_resolution_hours",
            field=models.PositiveIntegerField(editable=False),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="promised_reopened_hours",
            field=models.PositiveIntegerField(editable=False),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="promised_statutory_days",
            field=models.PositiveIntegerField(editable=False),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="promised_warn_percent",
            field=models.PositiveIntegerField(editable=False),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="promised_escalate_percent",
            field=models.PositiveIntegerField(editable=False),
        ),
        migrations.AlterField(
            model_name="complaint",
            name="promised_above_percent",
            field=models.PositiveIntegerField(editable=False),
        ),
    ]
