"""Which week of the diary, and how its names are written."""

import datetime as dt
import re
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import DayField

ISO_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
YEARS = range(2000, 2200)


class WeekField(forms.CharField):
    """A week written exactly `YYYY-Www` as ISO 8601 counts them, as its Monday."""

    default_error_messages = {
        "invalid": _("Please give a week that exists, as year and week: 2026-W48."),
    }

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        if written := ISO_WEEK.fullmatch(value):
            with suppress(ValueError):
                return dt.date.fromisocalendar(int(written[1]), int(written[2]), 1)
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class DiaryForm(forms.Form):
    """Cleaned, it has a `day` of the week that was asked for, if one was."""

    week = WeekField(required=False)
    date = DayField(label=_("Go to a date"), required=False)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        day = data.get("date") or data.get("week")
        if day and day.year not in YEARS:
            raise forms.ValidationError(_("The diary knows the years 2000 to 2199."))
        data["day"] = day
        return data


class NamesForm(forms.Form):
    """How the diary writes names."""

    names = forms.ChoiceField(
        choices=[("full", _("Names")), ("initials", _("Initials only"))],
        error_messages={"required": _("Please choose how names are written.")},
    )
