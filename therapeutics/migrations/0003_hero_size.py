"""The size of the hero image, and a name of ours for each new one."""

from django.db import migrations, models

import therapeutics.media


class Migration(migrations.Migration):
    dependencies = [("therapeutics", "0002_cache_table")]
    operations = [
        migrations.AddField(
            model_name="practice",
            name="hero_height",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="practice",
            name="hero_width",
            field=models.PositiveIntegerField(editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="practice",
            name="hero",
            field=models.ImageField(
                blank=True,
                help_text=(
                    "The home page's picture: JPEG, PNG or WebP of at most 10 MB, wider than high"
                    " and at least 1200 × 600 pixels. Without one an illustration is shown."
                ),
                upload_to=therapeutics.media.fresh_name,
                verbose_name="hero image",
            ),
        ),
    ]
