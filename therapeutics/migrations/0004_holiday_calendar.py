"""Whose public holidays are offered for leave."""

from django.db import migrations, models

import therapeutics.models


class Migration(migrations.Migration):
    dependencies = [("therapeutics", "0003_hero_size")]
    operations = [
        migrations.AddField(
            model_name="practice",
            name="holiday_calendar",
            field=models.CharField(
                blank=True,
                default="GB-ENG",
                help_text=(
                    "The country, and its part where that matters: GB-ENG, IE, US-NY (ISO 3166)."
                    " Their public holidays are offered for leave. Empty: none are."
                ),
                max_length=10,
                validators=[therapeutics.models.known_calendar],
                verbose_name="public holidays",
            ),
        ),
    ]
