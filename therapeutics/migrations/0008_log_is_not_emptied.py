from django.db import migrations, models

# PostgreSQL asks no trigger of a row when a table is truncated; SQLite knows no TRUNCATE.
WHOLE = [
    """
    CREATE FUNCTION therapeutics_auditevent_whole() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the security log is never emptied' USING ERRCODE = '23000';
    END $$
    """,
    """
    CREATE TRIGGER therapeutics_auditevent_whole
    BEFORE TRUNCATE ON therapeutics_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION therapeutics_auditevent_whole()
    """,
]
AGAIN = [
    "DROP TRIGGER IF EXISTS therapeutics_auditevent_whole ON therapeutics_auditevent",
    "DROP FUNCTION therapeutics_auditevent_whole()",
]


def _on_postgresql(statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for statement in statements:
                schema_editor.execute(statement, params=None)

    return run


class Migration(migrations.Migration):
    dependencies = [("therapeutics", "0007_mail_recipients")]

    operations = [
        migrations.AddField(
            model_name="worker",
            name="unwritten",
            field=models.PositiveIntegerField(
                db_default=0, default=0, verbose_name="mail it cannot write"
            ),
        ),
        migrations.RunPython(_on_postgresql(WHOLE), _on_postgresql(AGAIN)),
    ]
