"""The shape of input: a date is `YYYY-MM-DD`, an hour is a canonical integer, nothing else."""

import datetime as dt
import re

import pytest
from django import forms
from hypothesis import example, given
from hypothesis import strategies as st

from appointments.forms import (
    AskedForm,
    BookForm,
    DayField,
    FilterForm,
    HourField,
    SlotForm,
    SpanForm,
    StatusForm,
)
from appointments.models import HOURS, Status

HOURS_AS_TEXT = {str(hour) for hour in HOURS}
digits_like = st.text("0123456789-–/T .+eE_０２９٩", max_size=12)


def accepted(field: forms.Field, value: str) -> object:
    """Return what the field makes of the text, or None when it is refused."""
    try:
        return field.clean(value)
    except forms.ValidationError:
        return None


def canonical(text: str) -> dt.date | None:
    """Return the date that the text is the one way to write, if there is one."""
    if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return dt.date(int(text[:4]), int(text[5:7]), int(text[8:]))
        except ValueError:
            return None
    return None


@given(st.dates())
@example(dt.date.min)
@example(dt.date.max)
@example(dt.date(2028, 2, 29))
def test_every_date_is_accepted_as_it_is_written(date):
    assert DayField().clean(date.isoformat()) == date


@given(st.text() | digits_like | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"))
@example("2026-11-10\n")
@example("0000-01-01")
@example("２０２６-11-10")
def test_text_is_a_date_exactly_when_it_is_canonical(text):
    assert accepted(DayField(), text) == canonical(text)


@given(st.text() | digits_like | st.integers().map(str) | st.floats().map(str))
@example("09")
@example("9.0")
@example(" 9")
@example("９")
@example("9\n")
def test_text_is_an_hour_exactly_when_it_is_canonical(text):
    expected = int(text) if text in HOURS_AS_TEXT else None
    assert accepted(HourField(), text) == expected


@pytest.mark.parametrize("hour", HOURS)
def test_every_hour_that_starts_a_session_is_accepted(hour):
    form = SlotForm({"date": "2026-11-10", "hour": str(hour)})
    assert form.is_valid()
    assert form.cleaned_data == {"date": dt.date(2026, 11, 10), "hour": hour}


def test_nothing_asked_for_is_fine():
    form = AskedForm({})
    assert form.is_valid()
    assert form.cleaned_data == {"date": None, "hour": None}


@pytest.mark.parametrize(("length", "valid"), [(0, True), (500, True), (501, False)])
def test_note_has_500_characters_at_most(length, valid):
    form = BookForm({"date": "2026-11-10", "hour": "9", "note": "n" * length})
    assert form.is_valid() is valid


def test_line_break_of_a_note_counts_once_as_browsers_count_it():
    form = BookForm({"date": "2026-11-10", "hour": "9", "note": "line\r\n" * 100 + "."})
    assert form.is_valid() is False
    form = BookForm({"date": "2026-11-10", "hour": "9", "note": "line\r\n" * 99 + "last."})
    assert form.is_valid()
    assert form.cleaned_data["note"] == "line\n" * 99 + "last."


@given(note=st.text(max_size=600))
def test_note_is_kept_or_refused_but_never_breaks(note):
    form = BookForm({"date": "2026-11-10", "hour": "9", "note": note})
    if form.is_valid():
        assert len(form.cleaned_data["note"]) <= 500
        assert "\0" not in form.cleaned_data["note"]


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ({}, True),
        ({"from": "2026-11-10"}, True),
        ({"from": "2026-11-10", "to": "2026-11-10"}, True),
        ({"from": "2026-11-11", "to": "2026-11-10"}, False),
        ({"from": "", "to": "2026-11-10"}, False),
        ({"from": "2026-11-10", "to": "2027-11-11"}, True),
        ({"from": "2026-11-10", "to": "2027-11-12"}, False),
    ],
)
def test_span_is_in_order_and_within_366_days(data, valid):
    assert SpanForm(data).is_valid() is valid


@pytest.mark.parametrize(
    ("data", "valid"),
    [
        ({}, True),
        ({"q": "", "status": "", "from": "", "to": "", "client": ""}, True),
        ({"status": "pending"}, True),
        ({"status": "unheard_of"}, False),
        ({"client": "6f0b1d62-4a51-4a4e-8a4c-0f8f4e3b1c11"}, True),
        ({"client": "1"}, False),
        ({"from": "abc"}, False),
        ({"from": "2026-11-11", "to": "2026-11-10"}, False),
        ({"q": "q" * 101}, False),
        ({"q": "\0"}, False),
    ],
)
def test_filter_accepts_what_can_be_looked_for(data, valid):
    assert FilterForm(data).is_valid() is valid


@pytest.mark.parametrize("status", list(Status))
def test_each_status_can_be_asked_for(status):
    form = StatusForm({"status": status.value})
    assert form.is_valid()
    assert form.cleaned_data == {"status": status, "reason": "", "notify": True, "anyway": False}


@pytest.mark.parametrize(("sent", "ticked"), [({}, True), ({"tell": "off"}, False)])
def test_box_for_telling_keeps_what_was_chosen_and_always_means_yes(sent, ticked):
    box = str(StatusForm({"status": "", **sent})["notify"])
    assert box.startswith('<input type="hidden" name="tell" value="off">')
    assert box.count('value="on"') == 1
    assert ("checked" in box) is ticked


@pytest.mark.parametrize(
    "data",
    [{}, {"status": ""}, {"status": "Confirmed"}, {"status": "pending", "reason": "r" * 201}],
)
def test_other_status_is_refused(data):
    assert not StatusForm(data).is_valid()
