"""The shape of what people send. Whether it may be done is for the domain to say."""

from .diary import DiaryForm
from .fields import DayField, HourField, NoteField
from .manage import FilterForm, StatusForm
from .slot import AskedForm, BookForm, SlotForm
from .span import SpanForm, SpanMixin

__all__ = [
    "AskedForm",
    "BookForm",
    "DayField",
    "DiaryForm",
    "FilterForm",
    "HourField",
    "NoteField",
    "SlotForm",
    "SpanForm",
    "SpanMixin",
    "StatusForm",
]
