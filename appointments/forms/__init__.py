"""The shape of what people send. Whether it may be done is for the domain to say."""

from .fields import DayField, HourField, NoteField
from .manage import FilterForm, StatusForm
from .numbers import DownloadForm, NumbersForm
from .slot import AskedForm, BookForm, SlotForm
from .span import SpanForm, SpanMixin

__all__ = [
    "AskedForm",
    "BookForm",
    "DayField",
    "DownloadForm",
    "FilterForm",
    "HourField",
    "NoteField",
    "NumbersForm",
    "SlotForm",
    "SpanForm",
    "SpanMixin",
    "StatusForm",
]
