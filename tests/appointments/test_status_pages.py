"""CONTRACT's table of status changes on the pages that offer them: what each offers and answers.

The appointment's page, a row of the list and the diary's one tap send to the same address, each
with its own way back; the list changes several at once.
"""

import datetime as dt
import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse
from post_office.models import Email

from appointments import booking
from appointments.models import Appointment, CancelledBy, Rhythm, Series, Status
from tests.conftest import NOW, TUESDAY
from tests.rows import unchanged

from .conftest import text
from .test_status_table import AFTER, ALLOWED, BEFORE, ONCE_STARTED

pytestmark = [pytest.mark.once, pytest.mark.django_db]

LIST, SEVERAL = "/client-admin/appointments/", "/client-admin/appointments/status/"
MOMENTS = {"before": BEFORE, "started": AFTER}
PAGES = {"page": "", "row": f"{LIST}?when=all&q=ada", "diary": "/client-admin/?week=2026-W46"}

# What the row of the list offers, by status and moment: fewer than the appointment's page, where
# what has been marked is corrected, and what is over reinstated.
ROW = {
    ("pending", "before"): {"confirmed", "move", "cancel"},
    ("pending", "started"): {"confirmed"},
    ("confirmed", "before"): {"move", "cancel"},
    ("confirmed", "started"): {"attended", "no_show"},
    ("cancelled", "before"): {"confirmed"},
}


def allowed(start: str, to: str, moment: str) -> bool:
    return (start, to) in ALLOWED and not (to in ONCE_STARTED and moment == "before")


def put(appointment: Appointment, status: Status) -> Appointment:
    """Give the appointment the status, whatever its history."""
    cancelled_by = CancelledBy.CLIENT if status == Status.CANCELLED else ""
    Appointment.objects.filter(pk=appointment.pk).update(status=status, cancelled_by=cancelled_by)
    appointment.refresh_from_db()
    return appointment


@pytest.fixture
def appointment(ada, book) -> Appointment:
    return book(ada, TUESDAY, 10)


@pytest.fixture(params=MOMENTS)
def moment(request, clock) -> str:
    clock.move_to(MOMENTS[request.param])
    return request.param


@pytest.fixture
def browser(moment, counsellor, sign_in) -> Client:
    return sign_in(counsellor)


def offered(page: str, place: str) -> set[str]:
    """Return the statuses whose buttons are in this part of the page."""
    part = page[page.index(place) :]
    return set(re.findall(r'name="status" value="(\w+)"', part))


@pytest.mark.parametrize("start", list(Status))
def test_appointments_page_offers_what_is_allowed(browser, appointment, moment, start):
    put(appointment, start)
    page = text(browser.get(f"{LIST}{appointment.pk}/"))
    assert offered(page, "<main") == {to for to in Status if allowed(start, to, moment)}
    ahead = start in {"pending", "confirmed"} and moment == "before"
    assert (f"{appointment.pk}/move/" in page) is ahead


@pytest.mark.parametrize("start", list(Status))
def test_row_of_the_list_offers_what_is_allowed_and_usual(browser, appointment, moment, start):
    put(appointment, start)
    page = text(browser.get(LIST, {"when": "all"}))
    row = page[page.index("<tbody>") : page.index("</tbody>")]
    found = offered(row, "<tbody>")
    found |= {"move"} if f"{appointment.pk}/move/?date=2026-11-10&amp;next=" in row else set()
    found |= {"cancel"} if f"{appointment.pk}/?ask=cancel&amp;next=" in row else set()
    assert found == ROW.get((start, moment), set())
    assert all(allowed(start, to, moment) for to in found - {"move", "cancel"})


@pytest.mark.parametrize("start", list(Status))
def test_box_is_there_to_tick_where_several_may_be_changed(browser, appointment, moment, start):
    put(appointment, start)
    page = text(browser.get(LIST, {"when": "all"}))
    named = f'value="{appointment.pk}" form="several"'
    usual = ROW.get((start, moment), set()) & {"confirmed", "attended"}
    assert (named in page) is (bool(usual) and start != "cancelled")
    assert ('id="several"' in page) is (named in page)
    assert 'aria-label="Ada, Tue 10 Nov 2026, 10:00"' in page or named not in page


@pytest.mark.parametrize("start", list(Status))
def test_change_that_is_not_allowed_is_refused_on_every_way(browser, appointment, moment, start):
    put(appointment, start)
    with unchanged():
        for to in [to for to in Status if not allowed(start, to, moment)]:
            for back in PAGES.values():
                answer = browser.post(
                    f"{LIST}{appointment.pk}/status/", {"status": to, "next": back}
                )
                assert answer.status_code == 409, to
                assert answer.context["appointment"] == appointment
                assert answer.context["refusals"]


@pytest.mark.parametrize("start", list(Status))
def test_change_that_is_allowed_is_made_and_leads_back(browser, appointment, moment, start):
    for to in [to for to in Status if allowed(start, to, moment)]:
        for back in PAGES.values():
            put(appointment, start)
            answer = browser.post(f"{LIST}{appointment.pk}/status/", {"status": to, "next": back})
            place = back or f"{LIST}{appointment.pk}/"
            assert (answer.status_code, answer["Location"]) == (302, place), to
            appointment.refresh_from_db()
            assert appointment.status == to


@pytest.mark.parametrize("start", list(Status))
def test_several_are_changed_or_refused(browser, appointment, moment, start):
    for to in ("confirmed", "attended"):
        put(appointment, start)
        sent = {"appointment": [str(appointment.pk)], "status": to}
        answer = browser.post(f"{SEVERAL}?q=ada&when=all", sent)
        if allowed(start, to, moment):
            assert (answer.status_code, answer["Location"]) == (302, f"{LIST}?q=ada&when=all")
        else:
            assert answer.status_code == 409
            assert answer.context["ticked"] == [str(appointment.pk)]
        appointment.refresh_from_db()
        assert appointment.status == (to if allowed(start, to, moment) else start)


class TestSeveral:
    @pytest.fixture
    def three(self, ada, ben, book) -> list[Appointment]:
        return [book(who, TUESDAY, hour) for who, hour in ((ada, 9), (ben, 10), (ada, 11))]

    @staticmethod
    def ticked(appointments) -> list[str]:
        return [str(one.pk) for one in appointments]

    def test_all_that_are_ticked_are_changed_and_told(self, as_counsellor, three):
        sent = {"appointment": self.ticked(three), "status": "confirmed"}
        answer = as_counsellor.post(SEVERAL, sent, follow=True)
        assert answer.redirect_chain == [(LIST, 302)]
        assert "3 appointments are now marked “Confirmed”." in unescape(text(answer))
        assert set(Appointment.objects.values_list("status", flat=True)) == {"confirmed"}
        assert Email.objects.count() == 3

    def test_nobody_is_told_when_it_is_unticked(self, as_counsellor, three):
        sent = {"appointment": self.ticked(three), "status": "confirmed", "tell": "off"}
        assert as_counsellor.post(SEVERAL, sent).status_code == 302
        assert Email.objects.count() == 0

    def test_one_refused_keeps_all_and_the_ticks(self, as_counsellor, three, ben):
        booking.cancel(appointment=three[1], by=ben, now=NOW, notify=False)
        put(three[2], Status.CONFIRMED)
        sent = {"appointment": self.ticked([three[0], three[2]]), "status": "confirmed"}
        with unchanged():
            answer = as_counsellor.post(f"{SEVERAL}?when=all", sent)
        assert answer.status_code == 409
        assert answer.context["refusals"][0].startswith("Ada, Tue 10 Nov, 11:00: ")
        assert re.search(rf'value="{three[0].pk}"[^>]* checked', text(answer))
        assert len(answer.context["page"]) == 3

    @pytest.mark.parametrize(
        "sent",
        [
            {"status": "confirmed"},
            {"appointment": ["junk"], "status": "confirmed"},
            {"appointment": ["00000000-0000-4000-8000-000000000000"], "status": "confirmed"},
            {"appointment": "all of them", "status": "cancelled"},
            {"appointment": "all of them", "status": "no_show"},
            {"appointment": "all of them"},
        ],
    )
    def test_malformed_request_answers_422(self, as_counsellor, three, sent):
        if sent.get("appointment") == "all of them":
            sent = {**sent, "appointment": self.ticked(three)}
        with unchanged():
            answer = as_counsellor.post(SEVERAL, sent)
        assert (answer.status_code, bool(answer.context["refusals"])) == (422, True)

    def test_list_that_was_refused_leads_on_as_before(self, as_counsellor, ada):
        Appointment.objects.bulk_create(
            Appointment(client=ada, date=TUESDAY + n * dt.timedelta(1), hour=9, created_at=NOW)
            for n in range(60)
        )
        answer = as_counsellor.post(f"{SEVERAL}?q=ada", {"status": "confirmed"})
        link = re.search(r'href="(\?q=ada&amp;page=2)"', text(answer))[1]
        assert as_counsellor.get(SEVERAL + unescape(link))["Location"] == LIST + unescape(link)

    def test_it_is_done_by_post_only(self, as_counsellor, three):
        with unchanged():
            assert as_counsellor.get(SEVERAL)["Location"] == LIST


class TestTelling:
    def test_client_hears_of_it_unless_it_is_unticked(self, as_counsellor, appointment):
        for status, tell, mails in (
            ("confirmed", {}, 1),
            ("cancelled", {"tell": "off"}, 1),
            ("confirmed", {"tell": "off"}, 1),
            ("cancelled", {"tell": ["off", "on"]}, 2),
        ):
            sent = {"status": status, **tell}
            assert as_counsellor.post(f"{LIST}{appointment.pk}/status/", sent).status_code == 302
            assert Email.objects.count() == mails

    def test_nonsense_is_refused_not_guessed(self, as_counsellor, appointment):
        with unchanged():
            answer = as_counsellor.post(
                f"{LIST}{appointment.pk}/status/", {"status": "confirmed", "tell": "no"}
            )
        assert answer.status_code == 422


class TestWaive:
    @pytest.fixture
    def late(self, appointment, ada) -> Appointment:
        now = appointment.starts_at - dt.timedelta(hours=1)
        return booking.cancel(appointment=appointment, by=ada, now=now, notify=False)

    @pytest.fixture
    def waive(self, late) -> str:
        return reverse("client_admin:waive", args=[late.pk])

    def test_late_cancellation_is_waived_with_a_reason(self, as_counsellor, late, waive):
        assert waive in text(as_counsellor.get(f"{LIST}{late.pk}/"))
        answer = as_counsellor.post(waive, {"reason": "Was ill"}, follow=True)
        assert answer.redirect_chain == [(f"{LIST}{late.pk}/", 302)]
        page = text(answer)
        assert "no longer counts as late" in page
        assert "Late cancellation waived" in page
        assert "Was ill" in page
        assert waive not in page
        assert Email.objects.count() == 0

    def test_reason_is_required(self, as_counsellor, late, waive):
        for reason in ("", "  ", "r" * 201, "\0"):
            with unchanged():
                answer = as_counsellor.post(waive, {"reason": reason})
            assert (answer.status_code, "open>" in text(answer)) == (422, True)

    def test_what_is_not_late_is_refused(self, as_counsellor, late, waive):
        as_counsellor.post(waive, {"reason": "Was ill"})
        with unchanged():
            assert as_counsellor.post(waive, {"reason": "Was ill"}).status_code == 409

    def test_it_is_done_by_post_only(self, as_counsellor, late, waive):
        with unchanged():
            assert as_counsellor.get(waive)["Location"] == f"{LIST}{late.pk}/"


def test_session_of_a_series_says_so(as_counsellor, appointment, ada, counsellor):
    series = Series.objects.create(
        client=ada, first_date=TUESDAY, hour=10, rhythm=Rhythm.FORTNIGHTLY,
        decided_until=TUESDAY, created_at=NOW, by=counsellor,
    )  # fmt: skip
    following = reverse("client_admin:following", args=[appointment.pk])
    assert following not in text(as_counsellor.get(f"{LIST}{appointment.pk}/"))
    Appointment.objects.update(series=series)
    page = text(as_counsellor.get(f"{LIST}{appointment.pk}/"))
    assert "One of a fortnightly series" in page
    assert series.get_absolute_url() in page
    assert following in page
