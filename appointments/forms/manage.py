"""What the counsellor looks for among appointments, and does with them."""

from django import forms
from django.utils.translation import gettext_lazy as _

from appointments.models import Status

from .fields import DayField
from .span import SpanMixin

STATUS_CHOICES = [(status.value, status.label) for status in Status]


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
