"""E-mail addresses in small letters, and none in the sign-in library that nobody keeps any more."""

from typing import Any

from django.db import migrations
from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower


def settle(apps: Any, schema_editor: Any) -> None:
    """Lower each address that stays unique; forget addresses that people no longer have.

    An address of before would still lead to its former owner when a password is forgotten.
    """
    person = apps.get_model("staff", "StaffUser")
    kept = apps.get_model("account", "EmailAddress")
    for user in person.objects.exclude(email="").exclude(email=Lower("email")).order_by("pk"):
        small = user.email.lower()
        if not person.objects.filter(email=small).exclude(pk=user.pk).exists():
            person.objects.filter(pk=user.pk).update(email=small)
    owner = person.objects.filter(pk=OuterRef("user_id"), email=OuterRef("email"))
    kept.objects.exclude(Exists(owner)).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("staff", "0007_sessions_of_people"),
    ]

    operations = [migrations.RunPython(settle, migrations.RunPython.noop)]
