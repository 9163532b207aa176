import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import complaints.models.parts
import core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contacts", "0008_competitor_mentions"),
        ("customers", "0010_plan_and_complaint_standards"),
        ("staff", "0004_saved_views_and_export"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Cause",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("name_en", models.CharField(max_length=80, verbose_name="English name")),
                ("name_zh", models.CharField(max_length=80, verbose_name="Chinese name")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
            ],
            options={
                "verbose_name": "root cause",
                "verbose_name_plural": "root causes",
                "ordering": ["position", "code"],
            },
        ),
        migrations.CreateModel(
            name="Category",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.SlugField(max_length=40, unique=True, verbose_name="code")),
                ("path", models.CharField(editable=False, max_length=200, unique=True)),
                ("name_en", models.CharField(max_length=80, verbose_name="English name")),
                ("name_zh", models.CharField(max_length=80, verbose_name="Chinese name")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="order")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="complaints.category",
                        verbose_name="belongs to",
                    ),
                ),
            ],
            options={
                "verbose_name": "complaint category",
                "verbose_name_plural": "complaint categories",
                "ordering": ["position", "path"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("code", ""), _negated=True),
                        name="complaints_category_coded",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Complaint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "tier",
                    models.CharField(
                        choices=[("diamond", "Diamond"), ("gold", "Gold"), ("silver", "Silver")],
                        max_length=7,
                        verbose_name="tier",
                    ),
                ),
                ("subject", models.CharField(max_length=120, verbose_name="subject")),
                (
                    "description",
                    models.TextField(blank=True, max_length=4000, verbose_name="what happened"),
                ),
                (
                    "severity",
                    models.CharField(
                        choices=[
                            ("low", "Low"),
                            ("normal", "Normal"),
                            ("high", "High"),
                            ("critical", "Critical"),
                        ],
                        default="normal",
                        max_length=8,
                        verbose_name="severity",
                    ),
                ),
                (
                    "wish",
                    models.CharField(
                        blank=True, max_length=500, verbose_name="what the customer wants"
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("manager", "Told a person who serves the customer"),
                            ("hotline", "Hotline or call centre"),
                            ("counter", "Shop counter"),
                            ("online", "App or web site"),
                            ("regulator", "The regulator"),
                            ("request", "A promise not kept"),
                            ("other", "Other"),
                        ],
                        default="manager",
                        max_length=9,
                        verbose_name="source",
                    ),
                ),
                (
                    "external_id",
                    models.CharField(
                        blank=True, max_length=64, verbose_name="id in the other system"
                    ),
                ),
                (
                    "is_appeal",
                    models.BooleanField(default=False, verbose_name="appeal to the regulator"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("accepted", "Accepted"),
                            ("in_work", "In work"),
                            ("waiting", "Waiting for the customer"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                        ],
                        default="registered",
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "registered_at",
                    models.DateTimeField(default=core.clock.now, verbose_name="registered at"),
                ),
                ("received_at", models.DateTimeField(verbose_name="received at")),
                ("response_due_at", models.DateTimeField(verbose_name="first response due")),
                ("resolution_due_at", models.DateTimeField(verbose_name="resolution due")),
                ("statutory_due_at", models.DateTimeField(verbose_name="statutory answer due")),
                ("response_warn_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "response_escalate_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                ("response_above_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("warn_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("escalate_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("above_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("statutory_warn_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("next_notice_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "responded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="first response"),
                ),
                (
                    "paused_since",
                    models.DateTimeField(blank=True, null=True, verbose_name="waiting since"),
                ),
                (
                    "paused_seconds",
                    models.PositiveIntegerField(default=0, verbose_name="waited for the customer"),
                ),
                (
                    "resolved_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="resolved at"),
                ),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="closed at"),
                ),
                ("seen_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "resolution",
                    models.TextField(
                        blank=True, max_length=2000, verbose_name="how it was resolved"
                    ),
                ),
                (
                    "reopened",
                    models.PositiveSmallIntegerField(default=0, verbose_name="times reopened"),
                ),
                (
                    "submission_key",
                    models.UUIDField(blank=True, editable=False, null=True, unique=True),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=core.clock.now, editable=False, verbose_name="updated at"
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints",
                        to="complaints.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="complaints",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "handler",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: nobody was found; the unit's supervisor assigns it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="complaints_handled",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="handler",
                    ),
                ),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer manager",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="doubles",
                        to="complaints.complaint",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="registered by",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.unit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "complaint",
                "verbose_name_plural": "complaints",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["due_at", "id"],
                        name="complaints_open_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["handler", "due_at", "id"],
                        name="complaints_handler_due",
                    ),
                    models.Index(
                        condition=models.Q(("state", "closed"), _negated=True),
                        fields=["unit", "due_at", "id"],
                        name="complaints_unit_due",
                    ),
                    models.Index(
                        condition=models.Q(("next_notice_at__isnull", False)),
                        fields=["next_notice_at", "id"],
                        name="complaints_next_notice",
                    ),
                    models.Index(fields=["customer", "-received_at"], name="complaints_history"),
                    models.Index(fields=["-received_at", "-id"], name="complaints_newest"),
                    models.Index(
                        fields=["unit", "-received_at", "-id"], name="complaints_unit_newest"
                    ),
                    models.Index(
                        fields=["category", "-received_at"], name="complaints_by_category"
                    ),
                    models.Index(fields=["updated_at", "id"], name="complaints_updated"),
                    models.Index(fields=["seen_until"], name="complaints_seen_until"),
                    models.Index(fields=["closed_at"], name="complaints_closed"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("external_id", ""), _negated=True),
                        fields=("external_id",),
                        name="complaints_external_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "registered",
                                    "accepted",
                                    "in_work",
                                    "waiting",
                                    "resolved",
                                    "closed",
                                ],
                            )
                        ),
                        name="complaints_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subject", ""), _negated=True),
                        name="complaints_has_subject",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("state", "closed")),
                            models.Q(
                                models.Q(("state", "closed"), _negated=True),
                                ("closed_at__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_closed_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("paused_since__isnull", False), ("state", "waiting")),
                            models.Q(
                                models.Q(("state", "waiting"), _negated=True),
                                ("paused_since__isnull", True),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_waiting_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "resolved"), _negated=True),
                            ("resolved_at__isnull", False),
                            _connector="OR",
                        ),
                        name="complaints_resolved_has_time",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("merged_into__isnull", True),
                            models.Q(
                                ("state", "closed"),
                                models.Q(("merged_into", models.F("id")), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_merged_is_closed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        upload_to=complaints.models.parts.stored_name, verbose_name="file"
                    ),
                ),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("content_type", models.CharField(max_length=100, verbose_name="type")),
                ("size", models.PositiveIntegerField(verbose_name="size in bytes")),
                ("sha256", models.CharField(max_length=64)),
                ("added_at", models.DateTimeField(default=core.clock.now, verbose_name="added at")),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="added by",
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="complaints.complaint",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["added_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("complaint", "sha256"), name="complaints_file_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ComplaintMerge",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("accepted", "Accepted"),
                            ("in_work", "In work"),
                            ("waiting", "Waiting for the customer"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                        ],
                        max_length=10,
                        verbose_name="state before",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200, verbose_name="reason")),
                (
                    "merged_at",
                    models.DateTimeField(default=core.clock.now, verbose_name="merged at"),
                ),
                (
                    "undone_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="undone at"),
                ),
                (
                    "absorbed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="complaints.complaint",
                        verbose_name="double",
                    ),
                ),
                (
                    "merged_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="merged by",
                    ),
                ),
                (
                    "survivor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="merges",
                        to="complaints.complaint",
                        verbose_name="stays",
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="undone by",
                    ),
                ),
            ],
            options={
                "verbose_name": "merge of complaints",
                "verbose_name_plural": "merges of complaints",
                "ordering": ["-merged_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("undone_at__isnull", True)),
                        fields=("absorbed",),
                        name="complaints_merged_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("survivor", models.F("absorbed")), _negated=True),
                        name="complaints_not_into_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ComplaintNotice",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "of_clock",
                    models.CharField(
                        choices=[
                            ("none", "—"),
                            ("response", "First response"),
                            ("resolution", "Resolution"),
                            ("statutory", "Statutory answer"),
                        ],
                        default="none",
                        max_length=10,
                        verbose_name="clock",
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("assigned", "Assigned"),
                            ("unassigned", "Nobody handles it"),
                            ("warned", "Time is running out"),
                            ("escalated", "Overdue"),
                            ("above", "Far overdue"),
                        ],
                        max_length=10,
                        verbose_name="level",
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=0, verbose_name="round")),
                ("at", models.DateTimeField(default=core.clock.now, verbose_name="at")),
                ("seen_at", models.DateTimeField(blank=True, null=True, verbose_name="seen at")),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="who was told",
                    ),
                ),
            ],
            options={
                "verbose_name": "notice of a complaint",
                "verbose_name_plural": "notices of complaints",
                "ordering": ["at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("seen_at__isnull", True)),
                        fields=["person", "-at"],
                        name="complaints_unseen",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("level", "assigned"), _negated=True),
                        fields=("complaint", "of_clock", "level", "round", "person"),
                        name="complaints_told_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("person__isnull", True)),
                        fields=("complaint", "of_clock", "level", "round"),
                        name="complaints_told_nobody_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ComplaintReview",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField(default=0, verbose_name="round")),
                ("call_back_due_on", models.DateField(verbose_name="call back by")),
                (
                    "called_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="called back at"),
                ),
                (
                    "is_satisfied",
                    models.BooleanField(blank=True, null=True, verbose_name="satisfied"),
                ),
                (
                    "note",
                    models.CharField(blank=True, max_length=500, verbose_name="what was said"),
                ),
                (
                    "is_justified",
                    models.BooleanField(blank=True, null=True, verbose_name="justified"),
                ),
                (
                    "responsibility",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("manager", "The customer manager"),
                            ("unit", "The unit"),
                            ("network", "Network"),
                            ("billing", "Billing"),
                            ("product", "Product or tariff"),
                            ("partner", "A partner"),
                            ("customer", "The customer"),
                            ("nobody", "Nobody"),
                        ],
                        max_length=8,
                        verbose_name="responsibility",
                    ),
                ),
                (
                    "cause_note",
                    models.CharField(blank=True, max_length=500, verbose_name="the cause in words"),
                ),
                (
                    "prevention",
                    models.CharField(blank=True, max_length=500, verbose_name="what prevents it"),
                ),
                (
                    "judged_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="judged at"),
                ),
                (
                    "dropped_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="dropped at"),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=core.clock.now, editable=False, verbose_name="updated at"
                    ),
                ),
                (
                    "called_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="called back by",
                    ),
                ),
                (
                    "cause",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="complaints.cause",
                        verbose_name="root cause",
                    ),
                ),
                (
                    "clumsy_contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.contactrecord",
                        verbose_name="caused by this contact",
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "contact_record",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.contactrecord",
                        verbose_name="contact record",
                    ),
                ),
                (
                    "judged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="judged by",
                    ),
                ),
            ],
            options={
                "verbose_name": "review of a complaint",
                "verbose_name_plural": "reviews of complaints",
                "ordering": ["-round"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("called_at__isnull", True), ("dropped_at__isnull", True)
                        ),
                        fields=["call_back_due_on"],
                        name="complaints_call_back_due",
                    ),
                    models.Index(
                        condition=models.Q(("is_justified", True)),
                        fields=["judged_at"],
                        name="complaints_justified",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("complaint", "round"), name="complaints_one_review_a_closing"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("is_satisfied__isnull", True),
                            ("called_at__isnull", False),
                            _connector="OR",
                        ),
                        name="complaints_satisfied_when_called",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("is_justified__isnull", True), ("judged_at__isnull", True)),
                            models.Q(("is_justified__isnull", False), ("judged_at__isnull", False)),
                            _connector="OR",
                        ),
                        name="complaints_judged_has_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ComplaintStep",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("accepted", "Accepted"),
                            ("started", "Work begun"),
                            ("responded", "Contacted the customer"),
                            ("waiting", "Waiting for the customer"),
                            ("resumed", "Work resumed"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("reopened", "Reopened"),
                            ("reassigned", "Handed to another person"),
                            ("changed", "Details changed"),
                            ("noted", "Note"),
                            ("merged", "Merged as a double report"),
                            ("unmerged", "Taken apart again"),
                        ],
                        max_length=10,
                        verbose_name="what",
                    ),
                ),
                ("at", models.DateTimeField(default=core.clock.now, verbose_name="at")),
                (
                    "from_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("registered", "Registered"),
                            ("accepted", "Accepted"),
                            ("in_work", "In work"),
                            ("waiting", "Waiting for the customer"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                        ],
                        max_length=10,
                        verbose_name="from",
                    ),
                ),
                (
                    "to_state",
                    models.CharField(
                        choices=[
                            ("registered", "Registered"),
                            ("accepted", "Accepted"),
                            ("in_work", "In work"),
                            ("waiting", "Waiting for the customer"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                        ],
                        max_length=10,
                        verbose_name="to",
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=500, verbose_name="reason")),
                ("details", models.JSONField(blank=True, default=dict)),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="steps",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "contact_record",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.contactrecord",
                    ),
                ),
            ],
            options={
                "verbose_name": "step of a complaint",
                "verbose_name_plural": "steps of complaints",
                "ordering": ["at", "pk"],
                "indexes": [
                    models.Index(fields=["complaint", "at", "id"], name="complaints_steps")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind__in", ["waiting", "reopened", "reassigned"]), _negated=True
                            ),
                            models.Q(("reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="complaints_step_has_reason",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ResponseTemplate",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("title", models.CharField(max_length=80, unique=True, verbose_name="title")),
                ("text", models.TextField(max_length=2000, verbose_name="text")),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "changed_at",
                    models.DateTimeField(
                        default=core.clock.now, editable=False, verbose_name="changed at"
                    ),
                ),
                (
                    "category",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="templates",
                        to="complaints.category",
                        verbose_name="category",
                    ),
                ),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
            ],
            options={
                "verbose_name": "response template",
                "verbose_name_plural": "response templates",
                "ordering": ["title"],
            },
        ),
        migrations.CreateModel(
            name="ServiceRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("what", models.CharField(max_length=300, verbose_name="what was promised")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                (
                    "promised_at",
                    models.DateTimeField(default=core.clock.now, verbose_name="promised at"),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done, the customer not told yet"),
                            ("told", "Done and told"),
                            ("broken", "Not kept, became a complaint"),
                            ("cancelled", "Called off"),
                        ],
                        default="open",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done at")),
                (
                    "told_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="customer told at"),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True, verbose_name="ended at")),
                ("note", models.CharField(blank=True, max_length=300, verbose_name="remark")),
                ("remind_at", models.DateTimeField(verbose_name="to remind at")),
                ("escalate_at", models.DateTimeField(verbose_name="to escalate at")),
                (
                    "broken_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="not kept in time since"
                    ),
                ),
                (
                    "reminded_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="reminded at"),
                ),
                (
                    "escalated_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="escalated at"),
                ),
                (
                    "submission_key",
                    models.UUIDField(blank=True, editable=False, null=True, unique=True),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, editable=False, verbose_name="version"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=core.clock.now, editable=False, verbose_name="updated at"
                    ),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_requests",
                        to="complaints.complaint",
                        verbose_name="complaint",
                    ),
                ),
                (
                    "contact_record",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_requests",
                        to="contacts.contactrecord",
                        verbose_name="contact record",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="service_requests",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="ended by",
                    ),
                ),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer manager",
                    ),
                ),
                (
                    "promised_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="promised by",
                    ),
                ),
                (
                    "responsible",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_requests",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="responsible",
                    ),
                ),
                (
                    "told_record",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="contacts.contactrecord",
                        verbose_name="told in this contact",
                    ),
                ),
                (
                    "unit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.unit",
                        verbose_name="unit",
                    ),
                ),
            ],
            options={
                "verbose_name": "service request",
                "verbose_name_plural": "service requests",
                "indexes": [
                    models.Index(
                        condition=models.Q(("state__in", ["open", "done"])),
                        fields=["due_at", "id"],
                        name="complaints_request_due",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["open", "done"])),
                        fields=["responsible", "due_at", "id"],
                        name="complaints_request_person",
                    ),
                    models.Index(
                        condition=models.Q(("state__in", ["open", "done"])),
                        fields=["unit", "due_at", "id"],
                        name="complaints_request_unit",
                    ),
                    models.Index(
                        condition=models.Q(("reminded_at__isnull", True), ("state", "open")),
                        fields=["remind_at"],
                        name="complaints_request_remind",
                    ),
                    models.Index(
                        condition=models.Q(("broken_at__isnull", True), ("state", "open")),
                        fields=["due_at"],
                        name="complaints_request_late",
                    ),
                    models.Index(
                        condition=models.Q(("escalated_at__isnull", True), ("state", "open")),
                        fields=["escalate_at"],
                        name="complaints_request_above",
                    ),
                    models.Index(
                        fields=["customer", "-promised_at"], name="complaints_request_history"
                    ),
                    models.Index(fields=["-due_at", "-id"], name="complaints_request_newest"),
                    models.Index(fields=["updated_at", "id"], name="complaints_request_updated"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("what", ""), _negated=True),
                        name="complaints_request_says_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ["open", "done", "told", "broken", "cancelled"])
                        ),
                        name="complaints_request_state",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state__in", ["done", "told"]), _negated=True),
                            ("done_at__isnull", False),
                            _connector="OR",
                        ),
                        name="complaints_request_done_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "told"), _negated=True),
                            ("told_at__isnull", False),
                            _connector="OR",
                        ),
                        name="complaints_request_told_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("state__in", ["open", "done"])),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state__in", ["told", "broken", "cancelled"]),
                            ),
                            _connector="OR",
                        ),
                        name="complaints_request_ended_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SubTask",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("department", models.CharField(max_length=80, verbose_name="department")),
                ("what", models.CharField(max_length=500, verbose_name="what to do")),
                ("due_at", models.DateTimeField(verbose_name="due")),
                ("made_at", models.DateTimeField(default=core.clock.now, verbose_name="made at")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done at")),
                (
                    "cancelled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="called off at"),
                ),
                ("answer", models.CharField(blank=True, max_length=500, verbose_name="answer")),
                (
                    "submission_key",
                    models.UUIDField(blank=True, editable=False, null=True, unique=True),
                ),
                (
                    "complaint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sub_tasks",
                        to="complaints.complaint",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="done by",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="person",
                    ),
                ),
            ],
            options={
                "verbose_name": "sub-task",
                "verbose_name_plural": "sub-tasks",
                "ordering": ["due_at", "pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("cancelled_at__isnull", True), ("done_at__isnull", True)
                        ),
                        fields=["due_at"],
                        name="complaints_task_due",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("done_at__isnull", True),
                            ("cancelled_at__isnull", True),
                            _connector="OR",
                        ),
                        name="complaints_task_one_end",
                    )
                ],
            },
        ),
    ]
