from django.conf import settings
from django.db import migrations, models

# What the log promises, kept by the database: no row is changed, none younger than 90 days goes.
# SQLite forgets triggers when Django makes a table anew: a migration that alters this table has to
# run `keep` again (tests/therapeutics/test_append_only.py tells).
POSTGRESQL = [
    """
    CREATE FUNCTION therapeutics_auditevent_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'UPDATE' THEN
            RAISE EXCEPTION 'the security log is never changed' USING ERRCODE = '23000';
        ELSIF OLD.at > now() - interval '90 days' THEN
            RAISE EXCEPTION 'the security log is kept for 90 days' USING ERRCODE = '23000';
        END IF;
        RETURN OLD;
    END $$
    """,
    """
    CREATE TRIGGER therapeutics_auditevent_kept
    BEFORE UPDATE OR DELETE ON therapeutics_auditevent
    FOR EACH ROW EXECUTE FUNCTION therapeutics_auditevent_kept()
    """,
]
SQLITE = [
    """
    CREATE TRIGGER therapeutics_auditevent_unchanged BEFORE UPDATE ON therapeutics_auditevent
    BEGIN SELECT RAISE(ABORT, 'the security log is never changed'); END
    """,
    # INSERT OR REPLACE would delete a row without asking the triggers on DELETE.
    """
    CREATE TRIGGER therapeutics_auditevent_added BEFORE INSERT ON therapeutics_auditevent
    WHEN EXISTS (SELECT 1 FROM therapeutics_auditevent WHERE id = NEW.id)
    BEGIN SELECT RAISE(ABORT, 'the security log is never changed'); END
    """,
    """
    CREATE TRIGGER therapeutics_auditevent_kept BEFORE DELETE ON therapeutics_auditevent
    WHEN OLD.at > datetime('now', '-90 days')
    BEGIN SELECT RAISE(ABORT, 'the security log is kept for 90 days'); END
    """,
]


def keep(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    for statement in {"postgresql": POSTGRESQL, "sqlite": SQLITE}[vendor]:
        schema_editor.execute(statement, params=None)


def let_go(apps, schema_editor):
    """Take the triggers away; SQLite drops its own with the table."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "DROP TRIGGER therapeutics_auditevent_kept ON therapeutics_auditevent"
        )
        schema_editor.execute("DROP FUNCTION therapeutics_auditevent_kept()")


def carry_over(apps, schema_editor):
    """Keep the ids of what Site admin has logged so far; its own log, with names in it, ends."""
    LogEntry = apps.get_model("admin", "LogEntry")
    AuditEvent = apps.get_model("therapeutics", "AuditEvent")
    kinds = {1: "admin_added", 2: "admin_changed", 3: "admin_deleted"}
    AuditEvent.objects.bulk_create(
        AuditEvent(
            at=entry.action_time,
            kind=kinds[entry.action_flag],
            by=entry.user_id,
            about_model=f"{entry.content_type.app_label}.{entry.content_type.model}",
            about=entry.object_id[:40],
        )
        for entry in LogEntry.objects.select_related("content_type").order_by("pk")
        if entry.content_type and entry.object_id
    )
    LogEntry.objects.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("therapeutics", "0005_mail_records"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("signed_in", "Signed in"),
                            ("sign_in_failed", "Sign-in failed"),
                            ("signed_out", "Signed out"),
                            ("reauthenticated", "Confirmed who they are"),
                            ("signed_up", "Opened an account"),
                            ("password_changed", "Password changed"),
                            ("password_reset_asked", "Password reset asked for"),
                            ("password_reset", "Password reset"),
                            ("email_changed", "E-mail address changed"),
                            ("second_factor_added", "Second factor added"),
                            ("second_factor_removed", "Second factor removed"),
                            ("recovery_codes_made", "New recovery codes"),
                            ("sessions_ended", "Signed out elsewhere"),
                            ("feed_renewed", "Calendar address renewed"),
                            ("invited", "Invited"),
                            ("invitation_resent", "Invitation sent again"),
                            ("invitation_revoked", "Invitation withdrawn"),
                            ("deactivated", "Deactivated"),
                            ("reactivated", "Reactivated"),
                            ("denied", "Denied"),
                            ("too_often", "Refused: too often"),
                            ("exported", "Data downloaded"),
                            ("erasure_asked", "Erasure asked for"),
                            ("erasure_declined", "Erasure declined"),
                            ("erased", "Erased"),
                            ("expired", "Removed after its period"),
                            ("admin_added", "Added in Site admin"),
                            ("admin_changed", "Changed in Site admin"),
                            ("admin_deleted", "Deleted in Site admin"),
                        ],
                        max_length=30,
                        verbose_name="what",
                    ),
                ),
                ("by", models.UUIDField(blank=True, null=True, verbose_name="by")),
                (
                    "about_model",
                    models.CharField(blank=True, max_length=60, verbose_name="about a"),
                ),
                (
                    "about",
                    models.CharField(blank=True, max_length=40, verbose_name="about"),
                ),
                (
                    "address",
                    models.GenericIPAddressField(
                        blank=True, null=True, unpack_ipv4=True, verbose_name="from"
                    ),
                ),
                ("request_id", models.CharField(blank=True, max_length=64, verbose_name="request")),
            ],
            options={
                "verbose_name": "security event",
                "verbose_name_plural": "security log",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["at", "id"], name="audit_by_time"),
                    models.Index(fields=["kind", "at", "id"], name="audit_by_kind"),
                    models.Index(fields=["by", "at", "id"], name="audit_by_person"),
                    models.Index(fields=["about", "at", "id"], name="audit_by_thing"),
                    models.Index(fields=["address", "at", "id"], name="audit_by_address"),
                    models.Index(fields=["request_id"], name="audit_by_request"),
                ],
            },
        ),
        migrations.RunPython(keep, let_go),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
    ]
