"""One slot that the counsellor gives to a client, at the first attempt or all the same."""

from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import User

from .fields import DayField, NoteField
from .manage import TellForm
from .slot import SlotForm

FEWEST, MOST = 2, 52  # sessions of a series


class Repeat(models.TextChoices):
    NONE = "none", _("Does not repeat")
    WEEKLY = "weekly", _("Every week")
    FORTNIGHTLY = "fortnightly", _("Every two weeks")


class WhoForm(forms.Form):
    """Whom to book for: a client, or what to look for one by."""

    client = forms.ModelChoiceField(
        User.objects.clients(),
        required=False,
        error_messages={"invalid_choice": _("There is no such client. Please choose one.")},
    )
    q = forms.CharField(label=_("Name, e-mail or phone"), required=False, max_length=100)

    def clean_client(self) -> User | None:
        client: User | None = self.cleaned_data["client"]
        if client and not client.is_active:
            raise forms.ValidationError(
                _("%(name)s is deactivated and cannot be booked. Please choose another client."),
                params={"name": client},
            )
        return client


class StaffSlotForm(TellForm, SlotForm):
    """A slot, and whether to give it although the practice is closed then.

    `anyway` names the slot that it is meant for: `2026-12-25 09`. For any other it says nothing.
    """

    anyway = forms.CharField(required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        asked = data.get("anyway")
        data["anyway"] = bool(asked) and asked == self.slot_name
        return data

    @property
    def slot_name(self) -> str:
        """The slot as `anyway` names it; empty when there is none."""
        date, hour = self.cleaned_data.get("date"), self.cleaned_data.get("hour")
        return f"{date} {hour:02}" if date and hour else ""


class StaffBookForm(StaffSlotForm):
    note = NoteField(
        label=_("A note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The client sees it. Up to 500 characters."),
    )
    repeat = forms.TypedChoiceField(
        label=_("Repeat"), choices=Repeat, coerce=Repeat, empty_value=Repeat.NONE, required=False
    )
    sessions = forms.IntegerField(
        label=_("Number of sessions"), required=False, min_value=FEWEST, max_value=MOST
    )
    until = DayField(label=_("Last date"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        date, sessions, until = (data.get(name) for name in ("date", "sessions", "until"))
        if sessions and until:
            self.add_error("until", _("Give the number of sessions or the last date, not both."))
        if date and until and until < date:
            self.add_error("until", _("The last date must not be before the first."))
        if (sessions or until) and data.get("repeat") == Repeat.NONE:
            self.add_error("repeat", _("Please choose how often it repeats."))
        return data
