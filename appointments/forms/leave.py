"""Days or single hours of leave, and public holidays."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.models import HOURS, Closure

from .fields import NearDayField
from .hours import ClockField


class LeaveForm(forms.Form):
    """One stretch of leave, or public holidays, or both. `holidays` are those on offer."""

    first_day = NearDayField(label=_("First day"), required=False)
    last_day = NearDayField(
        label=_("Last day"), required=False, help_text=_("Empty: one day only.")
    )
    from_hour = ClockField(HOURS, label=_("From"), required=False)
    to_hour = ClockField(
        [hour + 1 for hour in HOURS],
        label=_("Until"),
        required=False,
        help_text=_("Both empty: the whole day."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=100,
        help_text=_("For your diary. Clients see only that the practice is closed."),
    )

    def __init__(self, *args: Any, holidays: Iterable[Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = {one.date.isoformat(): one for one in holidays}
        choices = [(day, one.name) for day, one in self.offered.items()]
        self.fields["first_day"].widget.attrs["required"] = True  # of its own form on the page
        self.fields["holidays"] = forms.MultipleChoiceField(
            label=_("Public holidays"), required=False, choices=choices
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self._clean_days(data)
        from_hour, to_hour = data.get("from_hour"), data.get("to_hour")
        if not self.errors and (from_hour is None) != (to_hour is None):
            missing = "from_hour" if from_hour is None else "to_hour"
            self.add_error(missing, _("Give both hours, or neither."))
        elif from_hour and to_hour and from_hour >= to_hour:
            self.add_error("to_hour", _("Leave cannot end before it begins."))
        return data

    def _clean_days(self, data: dict[str, Any]) -> None:
        first, last = data.get("first_day"), data.get("last_day")
        nothing = not (first or data.get("holidays"))
        if not self.errors and (nothing or (last and not first)):
            self.add_error("first_day", _("Please choose a first day, or tick a public holiday."))
        elif first and last and first > last:
            self.add_error("last_day", _("The last day cannot be before the first."))

    def closures(self) -> list[Closure]:
        """Return what the valid form asks for, unsaved."""
        data = self.cleaned_data
        ticked = [self.offered[day] for day in data["holidays"]]
        found = [
            Closure(first_date=day.date, last_date=day.date, reason=day.name) for day in ticked
        ]
        if first := data["first_day"]:
            found.append(
                Closure(
                    first_date=first,
                    last_date=data["last_day"] or first,
                    first_hour=data["from_hour"],
                    last_hour=data["to_hour"] and data["to_hour"] - 1,
                    reason=data["reason"],
                )
            )
        return found
