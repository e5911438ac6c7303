"""The shape of what people send. Whether it may be done is for the domain to say."""

from .fields import DayField, HourField, NoteField
from .hours import HoursForm
from .leave import LeaveForm
from .manage import FilterForm, StatusForm
from .plan import PlanForm
from .slot import AskedForm, BookForm, SlotForm
from .span import SpanForm, SpanMixin

__all__ = [
    "AskedForm",
    "BookForm",
    "DayField",
    "FilterForm",
    "HourField",
    "HoursForm",
    "LeaveForm",
    "NoteField",
    "PlanForm",
    "SlotForm",
    "SpanForm",
    "SpanMixin",
    "StatusForm",
]
