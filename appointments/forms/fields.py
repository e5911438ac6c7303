"""How a date, an hour and a text are written."""

import datetime as dt
import re
import uuid
from contextlib import suppress
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from appointments.models import HOURS

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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


class NearDayField(DayField):
    """A day that calendars of a practice have: sums of days and weeks with it are dates, too."""

    YEARS = range(2000, 2101)

    def to_python(self, value: Any) -> dt.date | None:
        date = super().to_python(value)
        if date and date.year not in self.YEARS:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return date


class HourField(forms.TypedChoiceField):
    """An hour that starts a session, as a canonical integer: `9` … `17`."""

    default_error_messages = {
        "required": _("Please choose a time."),
        "invalid_choice": _("Please choose one of the times shown."),
    }

    def __init__(self, **kwargs: Any) -> None:
        choices = [(str(hour), f"{hour:02}:00") for hour in HOURS]
        super().__init__(choices=choices, coerce=int, widget=forms.RadioSelect, **kwargs)


class SearchField(forms.CharField):
    """What is looked for, in a few words."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.SearchInput(attrs={"autocomplete": "off"})
        super().__init__(required=False, max_length=100, widget=widget, **kwargs)


class NoteField(forms.CharField):
    """A text whose line breaks count as one character, as browsers count them."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n")


class Keyed(forms.Widget):
    """Collects what was sent for each of several things: `<prefix><key>`, by key."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self.prefix = prefix

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, str]:
        sent = (key for key in data if key.startswith(self.prefix))
        return {key.removeprefix(self.prefix): data[key] for key in sent}


class SeenField(forms.Field):
    """How many changes each appointment had when the page was made: `seen-<key>`."""

    default_error_messages = {"invalid": _("Please go back, and look at the page once more.")}

    def __init__(self) -> None:
        super().__init__(required=False, widget=Keyed("seen-"))

    def to_python(self, value: Any) -> dict[uuid.UUID, int]:
        try:
            return {uuid.UUID(key): int(number) for key, number in value.items()}
        except ValueError:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from None


class TellInput(forms.CheckboxInput):
    """A checkbox whose "no" is sent as well: `on` or `off`. Who sends neither means `on`."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs, check_test=lambda value: value != "off")

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return data.get(name, "on")

    def format_value(self, value: Any) -> str:
        return "on"  # what it sends when it is ticked, whether it is or not

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        box = super().render(name, value, *args, **kwargs)
        return format_html('<input type="hidden" name="{}" value="off">{}', name, box)


class TellField(forms.Field):
    """Whether the client is told of a change: they are, unless it is unticked."""

    widget = TellInput
    default_error_messages = {"invalid": _("Please say “on” or “off”.")}

    def to_python(self, value: Any) -> bool:
        if value not in {"on", "off"}:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return bool(value == "on")
