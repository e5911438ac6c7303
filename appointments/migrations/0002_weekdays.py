"""A new practice is open Monday to Friday, 9 am to 6 pm, until it says otherwise."""

from django.db import migrations

MONDAY_TO_FRIDAY = range(5)


def open_weekdays(apps, schema_editor):
    OpeningHours = apps.get_model("appointments", "OpeningHours")
    OpeningHours.objects.using(schema_editor.connection.alias).bulk_create(
        OpeningHours(weekday=weekday, first_hour=9, last_hour=17) for weekday in MONDAY_TO_FRIDAY
    )


class Migration(migrations.Migration):
    dependencies = [("appointments", "0001_appointments")]
    operations = [migrations.RunPython(open_weekdays, migrations.RunPython.noop)]
