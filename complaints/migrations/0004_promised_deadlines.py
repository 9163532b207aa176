"""What was promised is kept with the complaint, and what a merge changed with the merge."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """The columns, still empty."""

    dependencies = [("complaints", "0003_external_id_of_each_sender")]

    operations = [
        migrations.AddField(
            model_name="complaint",
            name="promised_response_minutes",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="complaint",
            name="promised_resolution_hours",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="complaint",
            name="promised_reopened_hours",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="complaint",
            name="promised_statutory_days",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="complaint",
            name="promised_warn_percent",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="complaint",
            name="promised_escalate_percent",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="complaint",
            name="promised_above_percent",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="complaintmerge",
            name="before",
            field=models.JSONField(default=dict, editable=False),
        ),
    ]
