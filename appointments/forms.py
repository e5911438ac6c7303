"""The shape of what people send. Whether it may be done is for the domain to say."""

import datetime as dt
import re
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from .models import HOURS, Status
from .slots import MAX_DAYS

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
STATUS_CHOICES = [(status.value, status.label) for status in Status]


class DayField(forms.DateField):
    """A date written exactly `YYYY-MM-DD` in ASCII digits; anything else is refused."""

    default_error_messages = {
        "required": _("Please choose a date."),
        "invalid": _("Please give a date that exists, as year-month-day: 2026-11-24."),
    }

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, **kwargs)

    def to_python(self, value: Any) -> dt.date | None:
        if value in self.empty_values or isinstance(value, dt.date):
            return value or None
        with suppress(ValueError):
            if ISO_DATE.fullmatch(value):
                return dt.date.fromisoformat(value)
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


class HourField(forms.TypedChoiceField):
    """An hour that starts a session, as a canonical integer: `9` … `17`."""

    default_error_messages = {
        "required": _("Please choose a time."),
        "invalid_choice": _("Please choose one of the times shown."),
    }

    def __init__(self, **kwargs: Any) -> None:
        choices = [(str(hour), f"{hour:02}:00") for hour in HOURS]
        super().__init__(choices=choices, coerce=int, widget=forms.RadioSelect, **kwargs)


class AskedForm(forms.Form):
    """The slot that an address asks to show first."""

    date = DayField(required=False)
    hour = HourField(required=False, empty_value=None)


class SlotForm(forms.Form):
    date = DayField()
    hour = HourField()


class NoteField(forms.CharField):
    """A text whose line breaks count as one character, as browsers count them."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class BookForm(SlotForm):
    note = NoteField(
        label=_("A note for the counsellor"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Practical things only, such as access needs. Up to 500 characters."),
    )


class SpanMixin:
    """Fields `start` and `end`, sent as `from` and `to`, in order."""

    def add_prefix(self, field_name: str) -> str:
        return {"start": "from", "end": "to"}.get(field_name, field_name)

    def clean(self) -> dict[str, Any]:
        data = super().clean()  # type: ignore[misc]  # a mixin beside forms.Form
        start, end = data.get("start"), data.get("end")
        if start and end and start > end:
            self.add_error("end", _("The first date must not be after the last."))  # type: ignore[attr-defined]  # a mixin
        return data


class SpanForm(SpanMixin, forms.Form):
    """The span of days that the availability feed is asked for."""

    start = DayField(required=False)
    end = DayField(required=False)

    def clean(self) -> dict[str, Any]:
        if "" in (self.data.get("from"), self.data.get("to")):
            raise forms.ValidationError(DayField.default_error_messages["invalid"])
        data = super().clean()
        start, end = data.get("start"), data.get("end")
        if start and end and (end - start).days > MAX_DAYS:
            raise forms.ValidationError(_("Ask for 366 days at most."))
        return data


class FilterForm(SpanMixin, forms.Form):
    """What the counsellor looks for among everyone's appointments."""

    q = forms.CharField(label=_("Name, e-mail or phone"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Any")), *STATUS_CHOICES]
    )
    start = DayField(label=_("From"), required=False)
    end = DayField(label=_("To"), required=False)
    client = forms.UUIDField(required=False, widget=forms.HiddenInput)


class StatusForm(forms.Form):
    status = forms.TypedChoiceField(choices=STATUS_CHOICES, coerce=Status)
    reason = forms.CharField(label=_("Reason, for your eyes only"), required=False, max_length=200)
