"""The shape of what people send. Whether it may be done is for the domain to say."""

from .clients import ClientFilterForm, ClientSearchForm, NoteForm
from .diary import DiaryForm, NamesForm
from .fields import DayField, HourField, NoteField
from .hours import HoursForm
from .leave import LeaveForm
from .mail import MailFilterForm
from .manage import FilterForm, StatusesForm, StatusForm, TellForm, WaiveForm, When
from .numbers import DownloadForm, NumbersForm
from .plan import ForAll, PlanForm
from .series import DatesForm, EndForm, FollowingForm, SeriesForm
from .slot import AskedForm, BookForm, SlotForm
from .span import SpanForm, SpanMixin
from .staff_slot import Repeat, StaffBookForm, StaffSlotForm, WhoForm

__all__ = [
    "AskedForm",
    "BookForm",
    "ClientFilterForm",
    "ClientSearchForm",
    "DatesForm",
    "DayField",
    "DiaryForm",
    "DownloadForm",
    "EndForm",
    "FilterForm",
    "FollowingForm",
    "ForAll",
    "HourField",
    "HoursForm",
    "LeaveForm",
    "MailFilterForm",
    "NamesForm",
    "NoteField",
    "NoteForm",
    "NumbersForm",
    "PlanForm",
    "Repeat",
    "SeriesForm",
    "SlotForm",
    "SpanForm",
    "SpanMixin",
    "StaffBookForm",
    "StaffSlotForm",
    "StatusForm",
    "StatusesForm",
    "TellForm",
    "WaiveForm",
    "When",
    "WhoForm",
]
