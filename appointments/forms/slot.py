"""One slot: asked for, booked, moved to."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .fields import DayField, HourField, NoteField


class AskedForm(forms.Form):
    """The slot that an address asks to show first."""

    date = DayField(required=False)
    hour = HourField(required=False, empty_value=None)


class SlotForm(forms.Form):
    date = DayField()
    hour = HourField()


class BookForm(SlotForm):
    note = NoteField(
        label=_("A note for the counsellor"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Practical things only, such as access needs. Up to 500 characters."),
    )
