from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_lists_by_change")]

    operations = [
        migrations.AddIndex(
            model_name="cadenceflag",
            index=models.Index(
                fields=["customer"],
                name="contacts_flag_escalated",
                condition=Q(closed_at__isnull=True, escalated_at__isnull=False),
            ),
        ),
    ]
