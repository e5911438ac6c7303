"""Site admin: the superuser's alone, and nothing in it goes behind booking's back."""

import datetime as dt
import re

import pytest
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.test import Client
from post_office.models import Email

from accounts.models import Invitation, User
from appointments import booking
from appointments.models import (
    Appointment,
    AppointmentEvent,
    BookingPolicy,
    Closure,
    OpeningHours,
    Status,
)
from tests.conftest import NOW, PASSWORD, TUESDAY
from tests.rows import all_rows, unchanged
from therapeutics.models import Practice

pytestmark = [pytest.mark.once, pytest.mark.django_db]

APPOINTMENTS = "/admin/appointments/appointment/"
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def appointment(ada, book) -> Appointment:
    return book(ada, TUESDAY, 10)


@pytest.fixture
def as_superuser(clock, superuser, sign_in) -> Client:
    return sign_in(superuser)


def base(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/"


def has_row(model: type[Model]) -> Model:
    """Return a row of the model, made when the practice has none yet."""
    if row := model._base_manager.first():
        return row
    made = {
        Closure: {"first_date": TUESDAY, "last_date": TUESDAY},
        Invitation: {"email": "eve@example.com", "name": "Eve", "sent": NOW, "expires_at": NOW},
        Authenticator: {"user": User.objects.first(), "type": "totp", "data": {"secret": "s"}},
    }
    return model._base_manager.create(**made.get(model, {}))


REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


class TestWhoMayEnter:
    PAGES = ("/admin/", APPOINTMENTS, "/admin/accounts/user/", "/admin/no/such/")

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize("person", ["ada", "counsellor"])
    def test_who_is_not_superuser_gets_403(self, request, sign_in, person, page):
        answer = sign_in(request.getfixturevalue(person)).get(page, follow=True)
        assert answer.status_code == 403

    @pytest.mark.parametrize("page", PAGES)
    def test_stranger_is_sent_to_the_practices_sign_in(self, client, practice, page):
        answer = client.get(page, follow=True)
        assert answer.redirect_chain[-1] == (f"/accounts/login/?next={page}", 302)

    def test_admins_own_sign_in_is_not_a_second_door(self, client, superuser):
        fields = {"username": "superuser", "password": PASSWORD}
        answer = client.post("/admin/login/?next=/admin/", fields)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/admin/")

    @pytest.mark.parametrize("page", ["/admin/", APPOINTMENTS])
    def test_superuser_comes_back_after_signing_in(self, client, superuser, page):
        to_login = client.get(page, follow=True).redirect_chain[-1][0]
        fields = {"login": "superuser", "password": PASSWORD}
        answer = client.post(to_login, fields, follow=True)
        assert answer.status_code == 200
        assert answer.request["PATH_INFO"] == page

    def test_sign_in_leads_to_no_other_site(self, as_superuser):
        answer = as_superuser.get("/admin/login/?next=https://evil.example/")
        assert not answer["Location"].startswith("https://evil")

    def test_deactivated_superuser_is_out(self, as_superuser, superuser):
        User.objects.filter(pk=superuser.pk).update(is_active=False)
        answer = as_superuser.get("/admin/", follow=True)
        assert answer.request["PATH_INFO"] == "/accounts/login/"


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
class TestEveryTable:
    def test_list_and_page_are_shown(self, as_superuser, appointment, model, settings, tmp_path):
        settings.MEDIA_ROOT = tmp_path
        row = has_row(model)
        assert as_superuser.get(base(model), follow=True).status_code == 200
        assert as_superuser.get(f"{base(model)}{row.pk}/change/").status_code == 200
        history = as_superuser.get(f"{base(model)}{row.pk}/history/", follow=True)
        assert history.redirect_chain[0][0].startswith("/admin/therapeutics/auditevent/?")
        assert history.status_code == 200

    def test_search_and_filters_are_answered(self, as_superuser, appointment, model):
        registered = admin.site._registry[model]
        if registered.search_fields:
            for text in ("ada", "%", "'", '"', "😀"):
                assert as_superuser.get(base(model), {"q": text}).status_code == 200
        if registered.date_hierarchy:
            field = registered.date_hierarchy
            asked = {f"{field}__year": "2026", f"{field}__month": "11"}
            assert as_superuser.get(base(model), asked).status_code == 200

    def test_each_column_can_be_sorted_by(self, as_superuser, appointment, model):
        for column in range(1, len(admin.site._registry[model].list_display) + 1):
            assert as_superuser.get(base(model), {"o": f"-{column}"}).status_code in {200, 302}


@pytest.mark.parametrize("model", [Appointment, AppointmentEvent, Closure, OpeningHours])
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("action", ["add/", "{pk}/change/", "{pk}/delete/"])
def test_record_is_not_edited_at_any_address(as_superuser, appointment, ben, model, method, action):
    row = has_row(model)
    url = base(model) + action.format(pk=row.pk)
    values = {"client": str(ben.pk), "date": "2026-11-11", "hour": "9", "status": "attended"}
    with unchanged():
        answer = getattr(as_superuser, method)(url, {**values, "post": "yes", "_save": "Save"})
    looks = method == "get" and "change" in action
    assert answer.status_code == (200 if looks else 403)
    if looks:
        assert not re.search(r'name="(_save|status|hour|date|first_\w+)"', answer.content.decode())


@pytest.mark.parametrize(
    "model",
    [Appointment, AppointmentEvent, Closure, OpeningHours, User, BookingPolicy, Practice],
)
def test_rows_are_not_deleted_by_an_action(as_superuser, appointment, model):
    row = has_row(model)
    chosen = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    with unchanged():
        as_superuser.post(base(model), chosen)
    assert b"delete_selected" not in as_superuser.get(base(model)).content


@pytest.mark.parametrize("model", [User, BookingPolicy, Practice])
def test_row_is_not_deleted_on_its_page(as_superuser, appointment, model):
    row = has_row(model)
    with unchanged():
        answer = as_superuser.post(f"{base(model)}{row.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 403


@pytest.mark.parametrize("model", [BookingPolicy, Practice])
def test_single_row_is_made_once_and_changed_after(as_superuser, practice, model):
    assert as_superuser.get(base(model))["Location"] == f"{base(model)}add/"
    assert as_superuser.get(f"{base(model)}add/").status_code == 200
    row = has_row(model)
    assert as_superuser.get(f"{base(model)}add/").status_code == 403
    assert as_superuser.get(base(model))["Location"] == f"{base(model)}{row.pk}/change/"


class TestActions:
    def act(self, browser: Client, action: str, *chosen: Appointment):
        fields = {"action": action, "_selected_action": [str(one.pk) for one in chosen]}
        return browser.post(APPOINTMENTS, fields, follow=True)

    @pytest.mark.parametrize(
        ("action", "status"), [("confirm", Status.CONFIRMED), ("cancel", Status.CANCELLED)]
    )
    def test_goes_through_booking(self, as_superuser, superuser, appointment, action, status):
        answer = self.act(as_superuser, action, appointment)
        appointment.refresh_from_db()
        assert appointment.status == status
        event = appointment.events.last()
        assert (event.by, event.from_status, event.to_status) == (superuser, "pending", status)
        assert Email.objects.count() == 1
        assert b"1 appointment changed" in answer.content

    @pytest.mark.parametrize(
        ("action", "status"), [("mark_attended", "attended"), ("mark_no_show", "no_show")]
    )
    def test_attendance_from_the_start_only(
        self, as_superuser, superuser, sign_in, ada, counsellor, book, clock, action, status
    ):
        appointment = book(ada, by=counsellor)
        before = all_rows()
        self.act(as_superuser, action, appointment)
        assert all_rows() == before
        clock.move_to(appointment.starts_at)
        self.act(sign_in(superuser), action, appointment)
        appointment.refresh_from_db()
        assert (appointment.status, appointment.events.last().action) == (status, status)

    def test_refusal_of_one_leaves_the_others_changed(self, as_superuser, ada, appointment, book):
        other = book(ada, TUESDAY, 11)
        booking.cancel(appointment=appointment, by=ada, now=NOW, notify=False)
        answer = self.act(as_superuser, "cancel", appointment, other)
        other.refresh_from_db()
        assert other.status == Status.CANCELLED
        assert b"cannot be changed any more" in answer.content
        assert b"1 appointment changed" in answer.content

    def test_reinstating_two_of_one_slot_brings_back_one(self, as_superuser, ada, ben, book):
        both = []
        for client in (ada, ben):
            both.append(book(client, TUESDAY, 10))
            booking.cancel(appointment=both[-1], by=client, now=NOW, notify=False)
        self.act(as_superuser, "confirm", *both)
        assert Appointment.objects.active().count() == 1


@pytest.mark.parametrize(
    ("model", "place"),
    [(Appointment, "appointments/{}/"), (Closure, "leave/"), (OpeningHours, "hours/")],
)
def test_link_leads_to_client_admin(as_superuser, appointment, model, place):
    row = has_row(model)
    page = as_superuser.get(base(model)).content.decode()
    assert f'href="/client-admin/{place.format(row.pk)}"' in page


@pytest.mark.parametrize("code", ["", "GB-ENG", "IE", "US-NY"])
def test_calendar_of_public_holidays_is_known(code):
    Practice(holiday_calendar=code).clean_fields()


@pytest.mark.parametrize("code", ["XX", "GB-XYZ", "gb-eng", "-"])
def test_unknown_calendar_of_public_holidays_is_refused(code):
    with pytest.raises(ValidationError, match="GB-ENG"):
        Practice(holiday_calendar=code).clean_fields()
