"""What becomes of the sessions that a change of the calendar falls on."""

import re
import uuid
from collections import Counter
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from appointments.models import HOURS, Slot

from .fields import DayField, Keyed, SeenField, TellField
from .manage import TellForm

PREFIX = "session-"
WORDS = {"cancel", "keep"}
CHOSEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([1-9][0-9]?)")


class AnswersField(forms.Field):
    """For each session's key, as `session-<key>`, a `Slot`, "cancel" or "keep"."""

    widget = Keyed(PREFIX)
    default_error_messages = {"invalid": _("Please choose one of the answers shown.")}

    def to_python(self, value: Any) -> dict[uuid.UUID, object]:
        try:
            return {_key(name): self._read(answer) for name, answer in value.items()}
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def _read(self, answer: str) -> object:
        if answer in WORDS:
            return answer
        found = CHOSEN.fullmatch(answer)
        date, hour = (DayField().to_python(found[1]), int(found[2])) if found else (None, 0)
        if date is None or hour not in HOURS:
            raise ValueError(answer)
        return Slot(date, hour)


def _key(name: str) -> uuid.UUID:
    """Read a key that is written as the page writes it, so that no two names mean one session."""
    key = uuid.UUID(name)
    if str(key) != name:
        raise ValueError(name)
    return key


class ForAll(models.TextChoices):
    """One answer for all sessions, to look at before it is carried out."""

    MOVE = "move", _("Move each to its first open time")
    CANCEL = "cancel", _("Cancel all")
    KEEP = "keep", _("Keep all as they are")


class PlanForm(TellForm):
    """The answers to a plan. Those that were read are `wanted`, even if they cannot all be had.

    `clashing` are the sessions for which one slot was chosen twice.
    """

    answers = AnswersField(required=False, label=_("Sessions"))
    seen = SeenField()
    for_all = forms.ChoiceField(choices=ForAll, required=False)
    notify = TellField(
        label=_("Tell the clients whose session is moved or cancelled"), initial="on"
    )

    wanted: Mapping[uuid.UUID, object] = MappingProxyType({})
    clashing: Collection[uuid.UUID] = ()

    @staticmethod
    def name_of(key: uuid.UUID) -> str:
        """Return the name of the field with the answer for a session."""
        return f"{PREFIX}{key}"

    @staticmethod
    def written(slot: Slot) -> str:
        """Return a slot as an answer names it: `2026-11-24 9`."""
        return f"{slot.date.isoformat()} {slot.hour}"

    def clean_answers(self) -> Mapping[uuid.UUID, object]:
        if self.data.get("for_all"):  # which is asked instead of them
            return self.wanted
        self.wanted = self.cleaned_data["answers"]
        chosen = Counter(answer for answer in self.wanted.values() if isinstance(answer, Slot))
        twice = sorted(slot for slot, count in chosen.items() if count > 1)
        self.clashing = {key for key, answer in self.wanted.items() if answer in twice}
        if twice:
            text = _("Two sessions cannot move to the same time: %(slot)s.")
            raise ValidationError([text % {"slot": _named(slot)} for slot in twice])
        return self.wanted


def _named(slot: Slot) -> str:
    """Tue 24 Nov, 10:00"""
    return f"{date_format(slot.date, 'D j M')}, {slot.hour:02}:00"
