"""Closing somebody's account, and writing down a new e-mail for them."""

import datetime as dt
import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.core.management import call_command
from django.test import Client
from post_office.models import Email

from accounts import people
from accounts.models import Session, User
from appointments import booking
from appointments.models import Appointment
from tests.accounts.conftest import LOGIN, RESET, text_of
from tests.conftest import NOW, PASSWORD, TUESDAY
from tests.rows import unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

OLD, NEW = "ada@example.com", "new@example.com"


def record(person: User, action: str = "") -> str:
    return f"/client-admin/clients/{person.pk}/{action}"


class TestByTheCounsellor:
    @pytest.fixture
    def counsellors(self, sign_in, counsellor) -> Client:
        return sign_in(counsellor)

    def test_ends_all_sessions_of_the_client_and_nobody_elses(self, sign_in, counsellors, ada, ben):
        browsers, bens = [sign_in(ada), sign_in(ada), sign_in(ada)], sign_in(ben)
        assert Session.objects.filter(user=ada).count() == 3
        answer = counsellors.post(record(ada, "deactivate/"))
        assert (answer.status_code, answer["Location"]) == (302, record(ada))
        assert not Session.objects.filter(user=ada).exists()
        for browser in browsers:
            assert browser.get("/appointments/")["Location"].startswith(LOGIN)
        assert bens.get("/appointments/").status_code == 200
        assert counsellors.get("/client-admin/appointments/").status_code == 200

    def test_client_does_not_sign_in_again_until_reactivated(self, client, counsellors, ada):
        counsellors.post(record(ada, "deactivate/"))
        client.post(LOGIN, {"login": "ada", "password": PASSWORD})
        assert not get_user(client).is_authenticated
        counsellors.post(record(ada, "reactivate/"))
        client.post(LOGIN, {"login": "ada", "password": PASSWORD})
        assert get_user(client) == ada

    def test_reset_opens_no_closed_account(self, client, counsellors, ada):
        people.trust_email(person=ada)
        client.post(RESET, {"email": OLD})
        link = re.search(r"/accounts/password/reset/key/\S+", Email.objects.get().message)[0]
        counsellors.post(record(ada, "deactivate/"))
        form = client.get(link, follow=True)
        new = "another long password"
        client.post(form.request["PATH_INFO"], {"password1": new, "password2": new})
        assert not get_user(client).is_authenticated
        assert client.get("/appointments/")["Location"].startswith(LOGIN)

    def test_lists_the_appointments_to_deal_with(self, counsellors, ada, ben, book):
        coming, cancelled, other = book(ada, hour=10), book(ada, hour=11), book(ben, hour=12)
        booking.cancel(appointment=cancelled, by=ada, now=NOW, notify=False)
        page = text_of(counsellors.post(record(ada, "deactivate/"), follow=True))
        assert Appointment.objects.active().for_client(ada).get() == coming
        assert "Appointments to deal with" in page
        assert f"/client-admin/appointments/{coming.pk}/" in page
        assert f"/client-admin/appointments/{cancelled.pk}/" not in page
        assert f"/client-admin/appointments/{other.pk}/" not in page

    def test_past_appointments_stay_on_record_as_past(self, clock, sign_in, counsellor, ada, book):
        past = book(ada, TUESDAY, 10)
        clock.move_to(past.starts_at + dt.timedelta(hours=1))
        page = sign_in(counsellor).post(record(ada, "deactivate/"), follow=True)
        assert (list(page.context["coming"]), list(page.context["past"])) == ([], [past])

    @pytest.mark.parametrize("action", ["deactivate/", "reactivate/"])
    @pytest.mark.parametrize("method", ["get", "head"])
    def test_looking_changes_nothing(self, counsellors, sign_in, ada, action, method):
        browser = sign_in(ada)
        with unchanged():
            answer = getattr(counsellors, method)(record(ada, action))
        assert (answer.status_code, answer["Location"]) == (302, record(ada))
        assert browser.get("/appointments/").status_code == 200

    def test_takes_a_form_token(self, counsellor, ada):
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(counsellor)
        with unchanged():
            assert browser.post(record(ada, "deactivate/")).status_code == 403

    @pytest.mark.parametrize("action", ["", "deactivate/", "reactivate/"])
    @pytest.mark.parametrize("colleague", ["counsellor", "superuser"])
    def test_colleague_is_no_client(self, request, counsellors, colleague, action):
        person = request.getfixturevalue(colleague)
        ask = counsellors.post if action else counsellors.get
        with unchanged():
            assert ask(record(person, action)).status_code == 404


@pytest.fixture
def save(sign_in, superuser):
    """Saves a person's page in Site admin: `save(ada, email="new@example.com")`."""
    browser = sign_in(superuser)

    def saved(person: User, **changed: object):
        page = f"/admin/accounts/user/{person.pk}/change/"
        form = browser.get(page).context["adminform"].form
        fields = {name: form[name].value() for name in form.fields if name != "password"}
        sent = {name: value for name, value in (fields | changed).items() if value}
        answer = browser.post(page, {**sent, "_continue": "Save"}, follow=True)
        assert answer.redirect_chain, answer.context["adminform"].form.errors
        return answer

    return saved


class TestInSiteAdmin:
    def test_ends_all_sessions_and_points_to_the_record(self, sign_in, save, ada):
        browser = sign_in(ada)
        answer = save(ada, is_active="")
        assert not User.objects.get(pk=ada.pk).is_active
        assert not Session.objects.filter(user=ada).exists()
        assert browser.get("/appointments/")["Location"].startswith(LOGIN)
        assert f'href="{record(ada)}"' in text_of(answer)

    def test_other_changes_end_no_session(self, sign_in, save, ada):
        browser = sign_in(ada)
        answer = save(ada, name="Ada Lovelace")
        assert User.objects.get(pk=ada.pk).name == "Ada Lovelace"
        assert browser.get("/appointments/").status_code == 200
        assert f'href="{record(ada)}"' not in text_of(answer)

    def test_deactivated_colleague_is_not_pointed_to_a_page_that_is_none(
        self, sign_in, save, counsellor, superuser
    ):
        answer = save(counsellor, is_active="")
        for link in re.findall(r'href="(/client-admin/clients/[^"]+)"', text_of(answer)):
            assert sign_in(superuser).get(link).status_code == 200


class TestNewEmailInSiteAdmin:
    @pytest.fixture
    def moved(self, save, ada) -> User:
        people.trust_email(person=ada)
        save(ada, email=NEW)
        return User.objects.get(pk=ada.pk)

    def test_alone_is_trusted(self, moved):
        rows = EmailAddress.objects.filter(user=moved).values_list("email", "verified", "primary")
        assert list(rows) == [(NEW, True, True)]

    def test_signs_in_and_the_old_one_does_not(self, client, moved):
        client.post(LOGIN, {"login": OLD, "password": PASSWORD})
        assert not get_user(client).is_authenticated
        client.post(LOGIN, {"login": NEW, "password": PASSWORD})
        assert get_user(client) == moved

    def test_reset_for_the_old_one_leads_to_no_account(self, client, moved):
        Email.objects.all().delete()
        client.post(RESET, {"email": OLD})
        assert not [mail for mail in Email.objects.all() if "/reset/key/" in mail.message]
        client.post(RESET, {"email": NEW})
        assert [mail.to for mail in Email.objects.all() if "/reset/key/" in mail.message] == [[NEW]]

    def test_reset_that_the_old_one_has_got_opens_nothing(self, client, save, ada):
        people.trust_email(person=ada)
        client.post(RESET, {"email": OLD})
        link = re.search(r"/accounts/password/reset/key/\S+", Email.objects.get().message)[0]
        save(ada, email=NEW)
        answer = client.get(link, follow=True)
        assert b'name="password1"' not in answer.content

    def test_address_that_was_waiting_for_its_confirmation_is_forgotten(self, save, ada):
        people.trust_email(person=ada)
        EmailAddress.objects.create(user=ada, email="typo@example.com")
        save(ada, email=NEW)
        assert [row.email for row in EmailAddress.objects.filter(user=ada)] == [NEW]

    def test_none_at_all_leaves_none_trusted(self, save, ada):
        people.trust_email(person=ada)
        save(ada, email="")
        assert not EmailAddress.objects.filter(user=ada).exists()


def test_changing_it_keeps_the_old_one_until_the_new_one_is_confirmed(client, practice):
    """Also for who was made at the command line, and came by no invitation."""
    call_command("createsuperuser", username="root", email=OLD, interactive=False, verbosity=0)
    root = User.objects.get(username="root")
    people.set_password(person=root, password=PASSWORD, by=root, now=NOW)
    client.post(LOGIN, {"login": "root", "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.post("/accounts/email/", {"email": NEW, "action_add": ""}).status_code == 302
    root.refresh_from_db()
    assert root.email == OLD
