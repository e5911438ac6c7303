"""The table of the database cache: rate limits are shared by all processes without Redis."""

from django.core.management import call_command
from django.db import migrations


def create(apps, schema_editor):
    # Named, so that it exists even where Redis is the cache now.
    call_command("createcachetable", "cache", database=schema_editor.connection.alias, verbosity=0)


def drop(apps, schema_editor):
    schema_editor.execute("DROP TABLE IF EXISTS cache")


class Migration(migrations.Migration):
    dependencies = [("therapeutics", "0001_practice")]
    operations = [migrations.RunPython(create, drop)]
