"""How hours, dates and icons are written."""

import datetime as dt

import pytest
from django.template import engines

from accounts.models import User
from therapeutics.templatetags import practice

DAY = dt.date(2026, 11, 3)


@pytest.mark.parametrize(
    ("hour", "minutes", "shown"),
    [
        (9, 50, "09:00–09:50"),
        (17, 60, "17:00–18:00"),
        (9, 60, "09:00–10:00"),
        (12, 5, "12:00–12:05"),
    ],
)
def test_session_is_shown_from_start_to_end(hour, minutes, shown):
    assert practice.session(hour, minutes) == shown


def test_dates_and_hours_are_written_out():
    assert practice.long_date(DAY) == "Tuesday 3 November 2026"
    assert practice.short_date(DAY) == "Tue 3 Nov 2026"
    assert practice.near_date(DAY) == "Tue 3 Nov"
    assert practice.clock(9) == "09:00"


@pytest.mark.parametrize("family", ["solid", "regular"])
def test_icon_is_inline_and_silent(family):
    svg = practice.icon("calendar", family)
    assert svg.startswith("<svg ")
    assert 'aria-hidden="true"' in svg
    assert "<!--" not in svg


def test_icon_can_be_named_in_a_template():
    template = engines["django"].from_string('{% load practice %}{% icon "calendar" "regular" %}')
    assert template.render().startswith("<svg ")


def test_unknown_icon_is_a_mistake_that_shows():
    with pytest.raises(FileNotFoundError):
        practice.icon("no-such-icon")


def test_symbol_is_drawn_once_and_used_by_its_key():
    symbol = practice.symbol("circle-check", "confirmed")
    assert symbol.startswith('<symbol id="confirmed" viewBox="0 0 ')
    assert symbol.endswith("</symbol>")
    assert "class=" not in symbol


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ada Byron", "AB"),
        ("ada", "A"),
        ("Ada King Byron", "AB"),
        ("  Zoë  (Müller) ", "ZM"),
        ("\u05e9\u05dc\u05d5\u05dd \u05db\u05d4\u05df", "\u05e9\u05db"),
        ("- -", "?"),
    ],
)
def test_name_is_shown_whole_or_as_initials(name, initials):
    assert practice.called(User(name=name), initials=True) == initials
    assert practice.called(User(name=name), initials=False) == name


def test_name_that_is_too_long_for_an_hour_is_cut():
    long = User(name="Wilhelmina " * 9)
    assert practice.called(long, initials=False) == f"{long.name[:27]}…"
