"""A column of the busiest table, and an index on it."""

from django.db import migrations

TABLE = "appointments_appointment"


class Migration(migrations.Migration):
    dependencies = [("appointments", "0004_number_of_changes")]
    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {TABLE} ADD COLUMN room varchar(20) NOT NULL DEFAULT ''",
            f"ALTER TABLE {TABLE} DROP COLUMN room",
        ),
        migrations.RunSQL(
            f"CREATE INDEX by_room ON {TABLE} (room)", f"DROP INDEX by_room"
        ),
    ]
