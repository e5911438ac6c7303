"""What the counsellor looks for among appointments, and does with them."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from appointments.models import Appointment, Status

from .fields import DayField, SeenField, TellField
from .span import SpanMixin

STATUS_CHOICES = [(status.value, status.label) for status in Status]
AT_ONCE = [Status.CONFIRMED, Status.ATTENDED]


class When(models.TextChoices):
    UPCOMING = "upcoming", _("Upcoming")
    PAST = "past", _("Past")
    ALL = "all", _("All")


class FilterForm(SpanMixin, forms.Form):
    """What the counsellor looks for among everyone's appointments.

    Who asks for nothing in particular sees what is coming; who asks for something sees all of it.
    """

    q = forms.CharField(label=_("Name, e-mail or phone"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=_("Status"), required=False, choices=[("", _("Any")), *STATUS_CHOICES]
    )
    start = DayField(label=_("From"), required=False)
    end = DayField(label=_("To"), required=False)
    client = forms.UUIDField(required=False, widget=forms.HiddenInput)
    when = forms.ChoiceField(choices=When, required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        asked = any(value for name, value in data.items() if name != "when")
        data["when"] = When(data.get("when") or (When.ALL if asked else When.UPCOMING))
        return data


class TellForm(forms.Form):
    """Field `notify`, sent as `tell`: whether the client hears of the change."""

    notify = TellField(label=_("Tell the client by e-mail"), initial="on")

    def add_prefix(self, field_name: str) -> str:
        return {"notify": "tell"}.get(field_name, field_name)


class StatusForm(TellForm):
    status = forms.TypedChoiceField(choices=STATUS_CHOICES, coerce=Status)
    reason = forms.CharField(label=_("Reason, for your eyes only"), required=False, max_length=200)
    anyway = forms.BooleanField(
        label=_("Yes, although the practice is closed then"), required=False
    )


class StatusesForm(TellForm):
    """One status for several appointments."""

    appointments = forms.ModelMultipleChoiceField(
        Appointment.objects.select_related("client"),
        error_messages={"required": _("Please tick one appointment at least.")},
    )
    status = forms.TypedChoiceField(
        choices=[(status.value, status.label) for status in AT_ONCE], coerce=Status
    )
    seen = SeenField()

    def add_prefix(self, field_name: str) -> str:
        return {"appointments": "appointment"}.get(field_name) or super().add_prefix(field_name)


class WaiveForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason, for your eyes only"),
        max_length=200,
        error_messages={"required": _("Please say why it is waived.")},
    )
