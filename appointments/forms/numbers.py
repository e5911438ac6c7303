"""The span of days whose numbers, or whose appointments, the counsellor asks for."""

import datetime as dt
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from .fields import DayField
from .span import SpanMixin

MAX_MONTHS = 36
_TOO_OLD = _("Please give a date from the year 2000 on.")
_TOO_FAR = _("Please give a date up to the year 2100.")
SENSIBLE = [
    MinValueValidator(dt.date(2000, 1, 1), _TOO_OLD),
    MaxValueValidator(dt.date(2100, 12, 31), _TOO_FAR),
]


class DownloadForm(SpanMixin, forms.Form):
    """From a day to a day, both of them given."""

    start = DayField(label=_("From"), validators=SENSIBLE)
    end = DayField(label=_("To"), validators=SENSIBLE)


class NumbersForm(DownloadForm):
    """The same for the page, which shows some months only."""

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        start, end = data.get("start"), data.get("end")
        if start and end and (end.year - start.year) * 12 + end.month - start.month >= MAX_MONTHS:
            self.add_error(
                "end", _("The page shows 36 months at most. A download may span any number.")
            )
        return data
