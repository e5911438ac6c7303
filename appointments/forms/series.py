"""A standing slot, and what is decided about each of its dates."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from appointments.models import HOURS, Rhythm, Series
from appointments.series import Planned, Verdict

from .fields import HourField, NearDayField
from .manage import TellForm
from .staff_slot import Repeat, StaffBookForm

HOUR_NAMES = {str(hour) for hour in HOURS}
LEAVE, STOP = "leave", "stop"
RHYTHMS = {Repeat.WEEKLY: Rhythm.WEEKLY, Repeat.FORTNIGHTLY: Rhythm.FORTNIGHTLY}


class SeriesForm(StaffBookForm):
    """A series that is to be planned: who, from when, how often and for how long."""

    date = NearDayField()
    until = NearDayField(label=_("Last date"), required=False)
    client = forms.ModelChoiceField(User.objects.clients().filter(is_active=True))

    def clean_repeat(self) -> Repeat:
        repeat: Repeat = self.cleaned_data["repeat"]
        if repeat not in RHYTHMS:
            raise forms.ValidationError(_("Please choose how often it repeats."))
        return repeat

    def series(self) -> Series:
        """Return the series that is asked for, not saved yet."""
        data = self.cleaned_data
        rhythm, last = RHYTHMS[data["repeat"]], data["until"]
        if data["sessions"]:
            last = Series.last_of(data["date"], rhythm, data["sessions"])
        return Series(
            client=data["client"],
            first_date=data["date"],
            hour=data["hour"],
            rhythm=rhythm,
            last_date=last,
        )


class DatesForm(TellForm):
    """One choice for each planned date: as planned, another hour, or what `without` it is called.

    Which hours can be had is for the domain to say: it knows what has changed meanwhile. Choices
    for other dates than these are those of a plan that `is_stale`.
    """

    def __init__(self, data: Any, planned: Sequence[Planned], *, may_stop: bool = False) -> None:
        super().__init__(data)
        self.planned = planned
        names = {self._name(one) for one in planned}
        self.is_stale = any(name.startswith("on-") and name not in names for name in self.data)
        for one in planned:
            offered = self._choices(one, may_stop=may_stop)
            known = {value for value, _label in offered}
            self.fields[self._name(one)] = forms.ChoiceField(
                choices=offered,
                initial=offered[0][0],
                required=not self.is_stale,
                widget=forms.Select(attrs={"class": "form-select"}),
            )
            self._keep(one, known)

    def _keep(self, one: Planned, known: set[str]) -> None:
        """A choice that was possible when the page was made is read, though no longer offered."""
        sent = self.data.get(self._name(one), "")
        if sent in HOUR_NAMES and sent not in known:
            field = self.fields[self._name(one)]
            field.choices = [*field.choices, (sent, self._at(int(sent)))]  # type: ignore[attr-defined]  # a choice field

    @staticmethod
    def _name(one: Planned) -> str:
        """A session's choice is for the day that was shown: moved meanwhile, it has none."""
        return f"on-{one.session.pk}-{one.slot.date}" if one.session else f"on-{one.slot.date}"

    @staticmethod
    def _at(hour: int) -> str:
        return gettext("At %(hour)02d:00") % {"hour": hour}

    def _choices(self, one: Planned, *, may_stop: bool) -> list[tuple[str, str]]:
        others = [(str(hour), self._at(hour)) for hour in one.open_hours if hour != one.slot.hour]
        leave = [(LEAVE, gettext("Leave it where it is") if one.session else gettext("Leave out"))]
        stop = [(STOP, gettext("Stop before this date"))] if may_stop else []
        if one.verdict == Verdict.OPEN:
            return [(str(one.slot.hour), self._at(one.slot.hour)), *leave, *others, *stop]
        return [*leave, *others, *stop]

    def rows(self) -> Iterator[tuple[Planned, forms.BoundField]]:
        return ((one, self[self._name(one)]) for one in self.planned)

    def _chosen(self) -> Iterator[tuple[Planned, str]]:
        """Yield each date with its choice, up to the one before which it stops."""
        for one in self.planned:
            choice = self.cleaned_data[self._name(one)]
            if choice == STOP:
                return
            yield one, choice

    @property
    def hours(self) -> dict[dt.date, int | None]:
        """The hour for each date; None leaves it out."""
        return {one.slot.date: _hour(choice) for one, choice in self._chosen()}

    @property
    def moves(self) -> dict[UUID, int | None]:
        """The hour for each session; None leaves it where it is."""
        return {one.session.pk: _hour(choice) for one, choice in self._chosen() if one.session}

    @property
    def stops(self) -> bool:
        return len(self.hours) < len(self.planned)


def _hour(choice: str) -> int | None:
    return None if choice == LEAVE else int(choice)


class FollowingForm(forms.Form):
    """Where a session and all following are to go."""

    date = NearDayField(label=_("New date of this session"))
    hour = HourField(label=_("New time"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["hour"].widget = forms.Select(choices=self.fields["hour"].choices)  # type: ignore[attr-defined]  # a choice field


class EndForm(TellForm):
    """From which day on a series ends."""

    first = NearDayField(label=_("First day without a session"))
    reason = forms.CharField(label=_("Reason, for your eyes only"), required=False, max_length=200)
