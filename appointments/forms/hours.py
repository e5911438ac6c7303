"""When sessions start on each weekday."""

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from django import forms
from django.forms import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from appointments.models import FIRST_HOUR, HOURS, LAST_HOUR, OpeningHours, Weekday


class ClockField(forms.TypedChoiceField):
    """A full hour out of some, chosen from a list."""

    def __init__(self, hours: Iterable[int], **kwargs: Any) -> None:
        choices = [(str(hour), f"{hour:02}:00") for hour in hours]
        if not kwargs.get("required", True):
            choices.insert(0, ("", "–"))
        super().__init__(choices=choices, coerce=int, empty_value=None, **kwargs)


class Day(NamedTuple):
    """A weekday's fields. `crowded` when it has more breaks than they can show."""

    name: str | Promise
    open: BoundField
    times: list[BoundField]
    crowded: bool


class HoursForm(forms.Form):
    """For each weekday: open or not, first and last session, and a break.

    Its fields are `open_0`, `first_0`, `last_0`, `break_0`, `resume_0` for Monday, and so on.
    """

    def __init__(self, *args: Any, rows: Iterable[OpeningHours] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.crowded: set[int] = set()
        rows = list(rows)
        # What was there when the page was made, so that nobody's change is lost unseen.
        self.fields["seen"] = forms.CharField(required=False, widget=forms.HiddenInput)
        self.now = self.initial["seen"] = OpeningHours.fingerprint(rows)
        for weekday in Weekday:
            self._add_fields(weekday.value)
            hours = {
                hour
                for row in rows
                if row.weekday == weekday
                for hour in range(row.first_hour, row.last_hour + 1)
            }
            self._show(weekday.value, sorted(hours))

    def _add_fields(self, day: int) -> None:
        self.fields[f"open_{day}"] = forms.BooleanField(label=_("Open"), required=False)
        self.fields[f"first_{day}"] = ClockField(
            HOURS, label=_("First session"), initial=FIRST_HOUR
        )
        self.fields[f"last_{day}"] = ClockField(HOURS, label=_("Last session"), initial=LAST_HOUR)
        self.fields[f"break_{day}"] = ClockField(HOURS[1:], label=_("Break from"), required=False)
        self.fields[f"resume_{day}"] = ClockField(HOURS[1:], label=_("Break until"), required=False)

    def _show(self, day: int, hours: list[int]) -> None:
        """Let the fields show the hours that are open now."""
        if not hours:
            return
        shown = {f"open_{day}": True, f"first_{day}": hours[0], f"last_{day}": hours[-1]}
        self.initial.update(shown)
        gaps = [(one + 1, two) for one, two in pairwise(hours) if two > one + 1]
        if gaps:
            self.initial[f"break_{day}"], self.initial[f"resume_{day}"] = gaps[0]
        if gaps[1:]:
            self.crowded.add(day)

    def look_again(self) -> None:
        """Let the page that is shown next know of the hours as they are now."""
        self.data = {**self.data, "seen": self.now}

    @property
    def days(self) -> Iterator[Day]:
        """Return the weekdays with their fields, for the page."""
        for day, name in Weekday.choices:
            times = [self[f"{field}_{day}"] for field in ("first", "last", "break", "resume")]
            yield Day(name, self[f"open_{day}"], times, day in self.crowded)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for day, name in Weekday.choices:
            if data.get(f"open_{day}") and not self.errors.keys() & {f"first_{day}", f"last_{day}"}:
                self._clean_day(data, day, name)
        return data

    def _clean_day(self, data: dict[str, Any], day: int, name: str | Promise) -> None:
        first, last = data[f"first_{day}"], data[f"last_{day}"]
        start, end = data.get(f"break_{day}"), data.get(f"resume_{day}")
        named = {"day": name}
        if first > last:
            text = _("On %(day)s the last session cannot be before the first.")
            self.add_error(f"last_{day}", text % named)
        elif (start is None) != (end is None):
            text = _("For the break on %(day)s give both times, or neither.")
            self.add_error(f"break_{day}" if start is None else f"resume_{day}", text % named)
        elif start and not first < start < end <= last:
            text = _("The break on %(day)s has to be between the first and the last session.")
            self.add_error(f"break_{day}", text % named)

    def rows(self) -> list[OpeningHours]:
        """Return the opening hours that the valid form asks for, unsaved."""
        return [row for day in Weekday.values if self.cleaned_data[f"open_{day}"]
                for row in self._rows(day)]  # fmt: skip

    def _rows(self, day: int) -> Iterator[OpeningHours]:
        data = self.cleaned_data
        first, last, start = data[f"first_{day}"], data[f"last_{day}"], data[f"break_{day}"]
        if start:
            yield OpeningHours(weekday=day, first_hour=first, last_hour=start - 1)
            first = data[f"resume_{day}"]
        yield OpeningHours(weekday=day, first_hour=first, last_hour=last)
