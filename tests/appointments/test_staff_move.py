"""The counsellor moves an appointment."""

import uuid

import pytest
from post_office.models import Email

from appointments import booking
from appointments.models import Appointment
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import chips, offers, text

pytestmark = [pytest.mark.once, pytest.mark.django_db]

LIST = "/client-admin/appointments/"
SATURDAY, THEN = {"date": "2026-11-14", "hour": "9"}, "2026-11-14 09"
TO_11 = {"date": "2026-11-10", "hour": "11"}


@pytest.fixture
def url(address):
    return lambda action, appointment: address(action, appointment, "client_admin")


@pytest.fixture
def held(ada, counsellor, book) -> Appointment:
    return book(ada, TUESDAY, 10, by=counsellor)


def test_page_says_where_it_is_now(as_counsellor, url, held):
    answer = as_counsellor.get(url("move", held), {"date": "2026-11-10", "next": LIST})
    assert (answer.status_code, chips(answer)) == (200, [9, *range(11, 18)])
    assert "Now: Tuesday 10 November 2026, 10:00." in text(answer)
    assert text(answer).count(f'name="next" value="{LIST}"') == 2


@pytest.mark.parametrize(
    ("to", "place"),
    [
        ("", None),
        ("/client-admin/?week=2026-W46", "/client-admin/?week=2026-W46"),
        ("https://elsewhere.example/", None),
        ("//elsewhere.example/", None),
        ("/\\elsewhere.example", None),
        ("javascript:alert(1)", None),
    ],
)
def test_moved_appointment_leads_back(as_counsellor, url, held, to, place):
    answer = as_counsellor.post(url("move", held), {**TO_11, "next": to})
    assert (answer.status_code, answer["Location"]) == (302, place or url("appointment", held))
    held.refresh_from_db()
    assert held.slot == (TUESDAY, 11)


@pytest.mark.parametrize(("tell", "mails"), [({}, 1), ({"tell": "off"}, 0)])
def test_client_is_told_unless_it_is_unticked(as_counsellor, url, held, tell, mails):
    as_counsellor.post(url("move", held), {**TO_11, **tell})
    assert Email.objects.count() == mails


def test_taken_slot_answers_409(as_counsellor, url, held, ben, book):
    book(ben, TUESDAY, 11)
    with unchanged():
        answer = as_counsellor.post(url("move", held), {**TO_11, "next": LIST})
    assert (answer.status_code, len(offers(answer))) == (409, 3)
    assert f'name="next" value="{LIST}"' in text(answer)


def test_closed_hour_is_asked_about_once(as_counsellor, url, held):
    with unchanged():
        answer = as_counsellor.post(url("move", held), SATURDAY)
    assert (answer.status_code, f'value="{THEN}"' in text(answer)) == (409, True)
    answer = as_counsellor.post(url("move", held), {**SATURDAY, "anyway": THEN})
    assert answer.status_code == 302


def test_malformed_slot_answers_422(as_counsellor, url, held):
    with unchanged():
        assert as_counsellor.post(url("move", held), {"hour": "9"}).status_code == 422


def test_what_cannot_be_moved_leads_to_its_page_with_the_reason(as_counsellor, url, held, ada):
    booking.cancel(appointment=held, by=ada, now=NOW, notify=False)
    answer = as_counsellor.get(url("move", held), follow=True)
    assert answer.redirect_chain == [(url("appointment", held), 302)]
    assert "marked “Cancelled”" in text(answer)
    with unchanged():
        assert as_counsellor.post(url("move", held), TO_11).status_code == 409


def test_unknown_id_answers_404(as_counsellor):
    for method in (as_counsellor.get, as_counsellor.post):
        assert method(f"{LIST}{uuid.uuid4()}/move/").status_code == 404
