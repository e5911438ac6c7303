"""What becomes of the sessions that a change of the calendar falls on."""

import re
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from appointments.models import HOURS, Slot

from .fields import DayField, TellField
from .manage import TellForm

PREFIX = "session-"
WORDS = {"cancel", "keep"}
CHOSEN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) ([1-9][0-9]?)")


def written(slot: Slot) -> str:
    """Return a slot as an answer names it: `2026-11-24 9`."""
    return f"{slot.date.isoformat()} {slot.hour}"


class Answers(forms.Widget):
    """Collects the answers, one field for each session: `session-<key>`."""

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> dict[str, str]:
        return {key.removeprefix(PREFIX): data[key] for key in data if key.startswith(PREFIX)}


class AnswersField(forms.Field):
    """For each session's key a `Slot`, "cancel" or "keep"."""

    widget = Answers
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


class PlanForm(TellForm):
    """The answers to a plan. Those that were read are `wanted`, even if they cannot all be had."""

    answers = AnswersField(required=False, label=_("Sessions"))
    notify = TellField(
        label=_("Tell the clients whose session is moved or cancelled"), initial="on"
    )

    wanted: Mapping[uuid.UUID, object] = MappingProxyType({})

    def clean_answers(self) -> Mapping[uuid.UUID, object]:
        self.wanted = self.cleaned_data["answers"]
        chosen = [answer for answer in self.wanted.values() if isinstance(answer, Slot)]
        if len(set(chosen)) < len(chosen):
            raise ValidationError(_("Two sessions cannot move to the same time."))
        return self.wanted
