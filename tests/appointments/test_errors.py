"""Refusals: what a client reads."""

import pytest

from appointments import errors
from tests.conftest import TUESDAY


@pytest.mark.parametrize(
    ("refusal", "conflict"),
    [
        (errors.SlotTaken(), True),
        (errors.SlotClosed(), True),
        (errors.ChangeRefused("Cancelled"), True),
        (errors.NotStarted(), True),
        (errors.AlreadyStarted(), True),
        (errors.TooSoon(24), False),
        (errors.TooSoon(1), False),
        (errors.SlotPast(), False),
        (errors.TooFar(TUESDAY), False),
        (errors.TooMany(8), False),
        (errors.TooLate(), False),
    ],
)
def test_refusal_is_a_sentence_a_client_may_read(refusal, conflict):
    assert isinstance(refusal, errors.BookingError)
    assert refusal.conflict is conflict
    text = str(refusal)
    assert text[0].isupper()
    assert text.endswith(".")
    assert "%" not in text
    assert not {"user", "error", "invalid", "exception"} & set(text.lower().split())


@pytest.mark.parametrize(
    ("refusal", "part"),
    [
        (errors.TooSoon(1), "1 hour ahead"),
        (errors.TooSoon(24), "24 hours ahead"),
        (errors.TooFar(TUESDAY), "up to 10 November 2026"),
        (errors.TooMany(1), "1 upcoming appointment,"),
        (errors.TooMany(8), "8 upcoming appointments,"),
        (errors.ChangeRefused("Attended"), "“Attended”"),
    ],
)
def test_refusal_names_its_limit(refusal, part):
    assert part in str(refusal)


def test_limit_of_nothing_says_that_booking_is_closed():
    assert "call the practice" in str(errors.TooMany(0))
    assert "0 upcoming" not in str(errors.TooMany(0))
