"""A table of one row."""

from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _


class SingleRow(models.Model):
    """A table that holds one row at most; `load()` gives it, or the defaults when it is unset."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                condition=models.Q(id=1),
                name="%(app_label)s_%(class)s_one_row",
                violation_error_message=_("There is one row of this, and only one."),
            )
        ]

    @classmethod
    def load(cls) -> Self:
        """Return the row, or an unsaved one with the default values. Costs one query."""
        return cls._default_manager.filter(pk=1).first() or cls()
