"""The shape of what people send. Whether it may be done is for the domain to say."""

from .clients import ClientFilterForm, ClientSearchForm, NoteForm
from .fields import DayField, HourField, NoteField
from .manage import FilterForm, StatusForm
from .slot import AskedForm, BookForm, SlotForm
from .span import SpanForm, SpanMixin

__all__ = [
    "AskedForm",
    "BookForm",
    "ClientFilterForm",
    "ClientSearchForm",
    "DayField",
    "FilterForm",
    "HourField",
    "NoteField",
    "NoteForm",
    "SlotForm",
    "SpanForm",
    "SpanMixin",
    "StatusForm",
]
