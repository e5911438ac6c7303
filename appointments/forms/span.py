"""From a day to a day."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.slots import MAX_DAYS

from .fields import DayField


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
