"""The counsellor's clients: the list with its search, the search while typing, the record."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.http import HttpResponse

from accounts import invitations, people
from accounts.models import Contact, Invitation, User
from appointments import booking
from appointments.models import Appointment, CancelledBy, Series, Status
from tests.conftest import NOW, TUESDAY

from .conftest import listed, text
from .test_queries import cost, costs_the_same, fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

URL = "/client-admin/clients/"
SEARCH = f"{URL}search.json"
DAY, WEEK = dt.timedelta(days=1), dt.timedelta(weeks=1)


def names(answer: HttpResponse) -> list[str]:
    return [str(one) for one in listed(answer)]


def record(person: User) -> str:
    return f"{URL}{person.pk}/"


@pytest.fixture
def noor(practice) -> User:
    """Whose account is closed."""
    return User.objects.create(username="noor", name="Noor", email="n@x.example", is_active=False)


class TestList:
    def test_shows_who_they_are_and_when_they_come_next(self, as_counsellor, ada, ben, book):
        User.objects.filter(pk=ada.pk).update(phone="020 7946 0123")
        off, later, next_one = book(ada, hour=9), book(ada, TUESDAY + DAY), book(ada, hour=11)
        booking.cancel(appointment=off, by=ada, now=NOW, notify=False)
        answer = as_counsellor.get(URL)
        assert [row[1] for row in answer.context["rows"]] == [next_one, None]
        page = text(answer)
        for shown in ("ada@example.com", "020 7946 0123", "Tue 10 Nov 2026, 11:00", "none booked"):
            assert shown in page
        assert f'href="{record(ada)}"' in page
        assert f'href="/client-admin/appointments/new/?client={ben.pk}"' in page
        assert str(later.pk) not in page

    def test_next_is_the_session_that_goes_on_and_none_that_is_over(
        self, clock, sign_in, counsellor, ada, book
    ):
        first, second = book(ada, hour=10), book(ada, hour=11)
        clock.move_to(first.starts_at + dt.timedelta(minutes=59))
        browser = sign_in(counsellor)
        assert browser.get(URL).context["rows"] == [(ada, first)]
        clock.move_to(second.starts_at)
        assert browser.get(URL).context["rows"] == [(ada, second)]

    def test_has_open_accounts_unless_others_are_asked_for(self, as_counsellor, ada, noor):
        found = {asked: names(as_counsellor.get(URL, {"account": asked})) for asked in ("", "all")}
        assert found == {"": ["Ada"], "all": ["Ada", "Noor"]}
        answer = as_counsellor.get(URL, {"account": "deactivated"})
        assert names(answer) == ["Noor"]
        assert f"new/?client={noor.pk}" not in text(answer)

    def test_search_finds_deactivated_ones_marked(self, as_counsellor, ada, noor):
        answer = as_counsellor.get(URL, {"q": " NOOR "})
        assert names(answer) == ["Noor"]
        row = text(answer).partition("<tbody>")[2]
        assert "Deactivated" in row
        assert names(as_counsellor.get(URL, {"q": "noor", "account": "open"})) == []
        assert (
            "Deactivated" not in text(as_counsellor.get(URL, {"q": "ada"})).partition("<tbody>")[2]
        )

    def test_search_looks_at_name_user_name_email_and_phone(self, as_counsellor, ben, noor):
        fields = {"username": "abc1", "name": "Zoë Q", "email": "m@y.example", "phone": "555 01"}
        zoe = User.objects.create(**fields)
        for q in ("bc1", "zo", "Y.EXAMPLE", "555"):
            assert listed(as_counsellor.get(URL, {"q": q})) == [zoe]

    def test_staff_are_no_clients(self, as_counsellor, counsellor, superuser, ada):
        for asked in ({"account": "all"}, {"q": "example.com"}):
            assert names(as_counsellor.get(URL, asked)) == ["Ada"]

    def test_tabs_keep_what_is_looked_for_and_mark_where_one_is(self, as_counsellor, ada):
        page = text(as_counsellor.get(URL, {"q": "ada", "page": "1"}))
        assert 'href="?q=ada&amp;account=open"' in page
        assert re.search(r'href="\?q=ada&amp;account=all" aria-current="page"', page)

    def test_says_what_to_do_when_it_is_empty(self, as_counsellor, counsellor):
        said = {
            "": "No clients yet. After a first consultation, invite them.",
            "account=deactivated": "No account is deactivated.",
            "q=x": "No client fits.",
        }
        for asked, words in said.items():
            page = text(as_counsellor.get(f"{URL}?{asked}"))
            assert words in page
            assert 'href="/client-admin/invitations/"' in page

    @pytest.mark.parametrize("asked", ["account=junk", f"q={'x' * 101}", "q=nul%00"])
    def test_nonsense_is_refused(self, as_counsellor, ada, asked):
        answer = as_counsellor.get(f"{URL}?{asked}")
        assert answer.status_code == 422
        assert record(ada) not in text(answer)

    def test_has_twenty_five_on_a_page(self, as_counsellor):
        User.objects.bulk_create(User(username=f"c{n:02}", name=f"C {n:02}") for n in range(26))
        assert len(listed(as_counsellor.get(URL))) == 25
        assert names(as_counsellor.get(f"{URL}?page=2")) == ["C 25"]

    @pytest.mark.parametrize("asked", ["", "?q=client"])
    def test_costs_the_same_at_1_and_at_50_rows(self, as_counsellor, asked):
        assert costs_the_same(as_counsellor, URL + asked, fill)

    def test_is_read_in_the_order_of_an_index(self, practice):
        """A page costs its own rows, however many clients there are: nothing is sorted."""
        User.objects.bulk_create(User(username=f"c{n}", name=f"C {n:04}") for n in range(3000))
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE accounts_user")
        how = User.objects.clients().matching(account="open")[:50].explain()
        assert "accounts_user_by_name" in how
        assert not re.search(r"Sort|TEMP B-TREE", how)


class TestSearchWhileTyping:
    def test_answers_who_a_booking_may_be_for(self, as_counsellor, ada, ben, noor, superuser):
        User.objects.filter(pk=ben.pk).update(email="", phone="020 7946 0123")
        answer = as_counsellor.get(SEARCH, {"q": "n"})
        assert answer["Cache-Control"] == "no-store, private"
        assert answer.json() == {
            "clients": [{"id": str(ben.pk), "name": "Ben", "detail": "020 7946 0123"}]
        }
        (found,) = as_counsellor.get(SEARCH, {"q": "ADA@"}).json()["clients"]
        assert found == {"id": str(ada.pk), "name": "Ada", "detail": "ada@example.com"}

    @pytest.mark.parametrize("asked", [{}, {"q": ""}, {"q": "  "}])
    def test_finds_nobody_before_something_is_typed(self, as_counsellor, ada, asked):
        assert as_counsellor.get(SEARCH, asked).json() == {"clients": []}

    def test_finds_ten_at_most_by_name(self, as_counsellor):
        User.objects.bulk_create(User(username=f"c{n}", name=f"C {n:02}") for n in range(12, 0, -1))
        found = as_counsellor.get(SEARCH, {"q": "c "}).json()["clients"]
        assert [one["name"] for one in found] == [f"C {n:02}" for n in range(1, 11)]

    @pytest.mark.parametrize("asked", [{"q": "x" * 101}, {"q": "nul\x00"}])
    def test_nonsense_is_refused(self, as_counsellor, asked):
        answer = as_counsellor.get(SEARCH, asked)
        assert answer.status_code == 400
        assert set(answer.json()) == {"error"}
        assert answer["Cache-Control"] == "no-store, private"

    def test_is_for_staff(self, client, as_ada):
        assert as_ada.get(SEARCH, {"q": "a"}).status_code == 403
        assert client.get(SEARCH, {"q": "a"}).status_code == 302

    def test_costs_one_query_more_than_signing_in(self, as_counsellor):
        fill(50)
        assert cost(as_counsellor, f"{SEARCH}?q=client") == 3


class TestRecord:
    def test_says_who_the_client_is(self, as_counsellor, ada):
        fields = {"phone": "020 7946 0123", "contact": Contact.EMAIL}
        User.objects.filter(pk=ada.pk).update(**fields)
        page = text(as_counsellor.get(record(ada)))
        for shown in ("ada@example.com", "020 7946 0123", "By e-mail", "0 attended"):
            assert shown in page
        assert f'href="/client-admin/appointments/new/?client={ada.pk}"' in page
        crumbs = page.partition('class="crumbs"')[2].partition("</nav>")[0]
        assert f'href="{URL}"' in crumbs

    def test_shows_what_is_coming_and_the_last_ten_that_are_over(
        self, clock, sign_in, counsellor, ada, ben, book
    ):
        past = [book(ada, TUESDAY + n * DAY, by=counsellor) for n in (0, 1, 2, 3, 6, 7, 8, 9, 10)]
        past += [book(ada, TUESDAY, hour, by=counsellor) for hour in (12, 14)]
        booking.cancel(appointment=past[1], by=ada, now=NOW, notify=False)
        clock.move_to(dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC))
        coming = book(ada, TUESDAY + 3 * WEEK, by=counsellor)
        book(ben, TUESDAY + 3 * WEEK, 12, by=counsellor)
        answer = sign_in(counsellor).get(record(ada))
        newest_first = sorted(past, key=lambda one: one.slot, reverse=True)
        assert list(answer.context["coming"]) == [coming]
        assert list(answer.context["past"]) == newest_first[:10]
        assert f'href="/client-admin/appointments/?client={ada.pk}"' in text(answer)

    def test_counts_attended_missed_and_cancelled_late(self, as_counsellor, ada, ben):
        def add(client: User, number: int, status: str, **more: object) -> None:
            Appointment.objects.bulk_create(
                Appointment(client=client, date=day, hour=10, status=status, created_at=NOW, **more)
                for day in (next(days) for _ in range(number))
            )

        days = (TUESDAY - n * DAY for n in range(1, 100))
        by_client, by_practice = CancelledBy.CLIENT, CancelledBy.PRACTICE
        add(ada, 4, Status.ATTENDED)
        add(ada, 3, Status.NO_SHOW)
        add(ada, 2, Status.CANCELLED, cancelled_by=by_client, cancelled_late=True)
        add(ada, 5, Status.CANCELLED, cancelled_by=by_client)
        add(ada, 1, Status.CANCELLED, cancelled_by=by_practice)
        add(ada, 1, Status.CONFIRMED)
        add(ben, 6, Status.ATTENDED)
        page = text(as_counsellor.get(record(ada)))
        assert "4 attended · 3 missed · 2 cancelled late" in page
        assert Appointment.objects.for_client(ben).tally() == {
            "attended": 6,
            "missed": 0,
            "cancelled_late": 0,
        }

    def test_lists_standing_slots_that_go_on(self, as_counsellor, counsellor, ada, ben):
        def series(client: User, rhythm: int, last: dt.date | None) -> Series:
            dates = {"first_date": TUESDAY - 20 * WEEK, "last_date": last, "decided_until": TUESDAY}
            return Series.objects.create(
                client=client, hour=10, rhythm=rhythm, created_at=NOW, by=counsellor, **dates
            )

        weekly, open_ended = series(ada, 1, TUESDAY), series(ada, 2, None)
        over, bens = series(ada, 1, NOW.date() - DAY), series(ben, 1, None)
        page = " ".join(text(as_counsellor.get(record(ada))).split())
        for one, words in {
            weekly: "Weekly, Tuesday 10:00, until Tue 10 Nov 2026",
            open_ended: "Fortnightly, Tuesday 10:00",
        }.items():
            assert f'<a href="/client-admin/series/{one.pk}/"> {words} </a>' in page
        assert str(over.pk) not in page
        assert str(bens.pk) not in page

    def test_shows_the_invitation_they_came_by(self, as_counsellor, counsellor, ada, ben):
        assert "Invitation</dt>" not in text(as_counsellor.get(record(ada)))
        for name, email in (("Ada", "first@example.com"), ("Ben", "ben@y.example")):
            invitations.invite(email=email, name=name, by=counsellor, now=NOW)
        User.objects.filter(pk=ben.pk).update(email="BEN@y.example")
        Invitation.objects.filter(name="Ada").update(person=ada, accepted_at=NOW)
        shown = {one: text(as_counsellor.get(record(one))) for one in (ada, ben)}
        assert "Accepted" in shown[ada]
        assert "Queued" in shown[ben]
        assert "2 Nov 2026, 10:30" in shown[ben].partition("Invitation</dt>")[2]

    def test_request_is_confirmed_there(self, as_counsellor, counsellor, ada, book):
        asked, _agreed = book(ada), book(ada, hour=12, by=counsellor)
        here = f"{URL}{ada.pk}/"
        page = text(as_counsellor.get(here))
        assert page.count('value="confirmed"') == 1
        sent = {"status": "confirmed", "next": here}
        answer = as_counsellor.post(f"/client-admin/appointments/{asked.pk}/status/", sent)
        assert answer["Location"] == here
        assert 'value="confirmed"' not in text(as_counsellor.get(here))

    def test_of_a_closed_account_offers_no_booking(self, as_counsellor, noor):
        page = text(as_counsellor.get(record(noor)))
        assert "/client-admin/appointments/new/" not in page
        assert "Let them sign in again" in page

    def test_costs_the_same_at_1_and_at_50_rows(self, as_counsellor, counsellor, ada):
        def more(count: int) -> None:
            fill(count, client=ada)
            Series.objects.filter(client=ada).delete()
            for number in range(count):
                by = User.objects.create(username=f"client{number}", is_staff=True)
                people.add_note(client=ada, text="x", by=by, now=NOW)
                Invitation.objects.create(
                    person=ada, name="Ada", key=f"{count}-{number}", sent=NOW, expires_at=NOW,
                    accepted_at=NOW,
                )  # fmt: skip
                Series.objects.create(
                    client=ada, hour=9, rhythm=1, first_date=TUESDAY, decided_until=TUESDAY,
                    created_at=NOW, by=counsellor,
                )  # fmt: skip

        assert costs_the_same(as_counsellor, record(ada), more)
