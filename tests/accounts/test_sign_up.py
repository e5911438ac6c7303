"""The form behind an invitation: what one may be called, and what the name does elsewhere."""

import email.policy
from email import message_from_bytes

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.test import Client
from django.utils.html import escape
from post_office.models import Email

from accounts import invitations, people
from accounts.models import Invitation, User
from appointments import booking, notifications
from tests.accounts.conftest import EVE, FORM, INVITATIONS, LOGIN, SIGN_UP, key_of, opened, text_of
from tests.conftest import NOW, PASSWORD, TUESDAY
from tests.rows import unchanged

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def browser(eve) -> Client:
    """Eve's, with the form open."""
    return opened(key_of(eve))


def sign_up(browser: Client, **fields: str):
    return browser.post(SIGN_UP, FORM | fields)


def errors(answer) -> list[str]:
    """Return the fields that are to be corrected."""
    return list(answer.context["form"].errors)


def test_form_asks_for_user_name_name_and_password(browser):
    form = browser.get(SIGN_UP).context["form"]
    assert list(form.fields) == ["username", "name", "password1"]
    assert form["name"].value() == "Eve"


def test_password_may_be_pasted(browser):
    assert "onpaste" not in text_of(browser.get(SIGN_UP)).casefold()


def test_account_is_open_signed_in_and_led_to_booking(browser):
    answer = sign_up(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/appointments/book/")
    person = get_user(browser)
    assert (person.username, person.name, person.email) == ("eve", "Eve", EVE)
    assert (person.is_active, person.is_staff, person.is_superuser) == (True, False, False)
    assert Invitation.objects.get().person == person
    assert browser.get(answer["Location"]).status_code == 200


@pytest.mark.parametrize("login", ["eve", "EVE", EVE, "Eve@Example.com"])
def test_user_name_and_e_mail_sign_in_afterwards(client, browser, login):
    sign_up(browser)
    client.post(LOGIN, {"login": login, "password": PASSWORD})
    assert get_user(client) == User.objects.get(username="eve")


def test_form_is_used_once(browser):
    sign_up(browser)
    browser.post("/accounts/logout/")
    with unchanged():
        assert sign_up(browser, username="second").status_code == 403


@pytest.mark.parametrize(
    "password",
    ["", "x", "nine char", "password12", "1234567890", "qwertyuiop", "eve@example", "moneypenny"],
)
def test_weak_password_is_refused(browser, password):
    with unchanged():
        answer = sign_up(browser, name="Moneypenny", password1=password)
    assert (answer.status_code, errors(answer)) == (422, ["password1"])
    assert f'value="{password or "-"}"' not in text_of(answer)


def test_password_that_is_the_user_name_is_refused(browser):
    with unchanged():
        answer = sign_up(browser, username="eve.moneypenny", password1="eve-moneypenny")
    assert (answer.status_code, errors(answer)) == (422, ["password1"])


@pytest.mark.parametrize(
    "password", ["  spaces around it  ", "пароль и ещё", "x" * 1000, "🦊" * 10]
)
def test_password_is_kept_as_it_is_typed(client, browser, password):
    assert sign_up(browser, password1=password).status_code == 302
    client.post(LOGIN, {"login": "eve", "password": password.strip() + "!"})
    assert not get_user(client).is_authenticated
    client.post(LOGIN, {"login": "eve", "password": password})
    assert get_user(client).is_authenticated


def test_spaces_around_a_password_count(browser):
    sign_up(browser, password1="  spaces around it  ")
    assert not get_user(browser).check_password("spaces around it")


@pytest.mark.parametrize("username", ["ada", "ADA", "aDa", " ada ", "ａｄａ"])
def test_taken_user_name_is_refused_in_any_case(browser, ada, username):
    with unchanged():
        answer = sign_up(browser, username=username)
    assert (answer.status_code, errors(answer)) == (422, ["username"])
    assert sign_up(browser, username="eve").status_code == 302


@pytest.mark.parametrize(
    "username",
    ["", " ", "a@b", "eve@example.com", "e v e", "e\nve", "e\0ve", "<b>", "e/ve", "e" * 151],
)
def test_odd_user_name_is_refused(browser, username):
    with unchanged():
        answer = sign_up(browser, username=username)
    assert (answer.status_code, errors(answer)) == (422, ["username"])


NO_LINES = [
    "", "  ", "\u200f", "-", "Eve\nBcc: m@x.org", "Eve\r\nX: y", "E\0ve", "e" * 500, "e\u0301" * 76,
    "E\u202eve", "E\u2028ve", "E\u2066ve", "E\x1bve", "E\x85ve",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_LINES)
def test_name_that_fits_no_line_is_refused(browser, name):
    with unchanged():
        answer = sign_up(browser, name=name)
    assert (answer.status_code, errors(answer)) == (422, ["name"])


def test_form_without_fields_is_refused(browser):
    with unchanged():
        assert browser.post(SIGN_UP, {}).status_code == 422
        assert browser.post(SIGN_UP, "{", content_type="application/json").status_code == 422


def test_address_that_somebody_has_got_meanwhile_opens_no_account(browser, ada):
    User.objects.filter(pk=ada.pk).update(email=EVE.upper())
    with unchanged():
        assert sign_up(browser).status_code == 410


ODD_NAMES = {
    "script": "<script>alert('x')</script>",
    "markup": "\"><img src=x onerror=alert(1)> & 'co'",
    "template": "{{ settings.SECRET_KEY }} {% load i18n %} %(name)s %s {0}",
    "hebrew": "חַוָּה בת־שבע",
    "arabic": "حَوّاء بنت محمّد",
    "combining": "E" + "\u0301\u0323\u0489" * 49,
    "emoji": "👩🏽‍⚕️ Eve 🏳️‍🌈",
    "address": "Eve <mallory@example.com>, Bob",
    "quotes": '"Eve", \\; Moneypenny: =?utf-8?q?x?=',
    "longest": "ж" * 150,
    "one letter": "é",
    "formula": "=1+1|cmd",
}


@pytest.fixture(params=ODD_NAMES.values(), ids=ODD_NAMES.keys())
def odd_name(request) -> str:
    return request.param


class TestOddName:
    """Accepted as it is, it breaks no page and no mail."""

    @pytest.fixture
    def person(self, browser, odd_name) -> User:
        assert sign_up(browser, name=odd_name).status_code == 302
        return get_user(browser)

    @pytest.fixture
    def appointment(self, person):
        return booking.book(client=person, by=person, date=TUESDAY, hour=10, now=NOW)

    def test_is_kept_and_the_person_signs_in(self, client, person, odd_name):
        assert User.objects.get(username="eve").name == odd_name
        assert client.post(LOGIN, {"login": EVE, "password": PASSWORD}).status_code == 302
        assert get_user(client) == person

    def test_is_text_on_the_persons_own_pages(self, sign_in, person, appointment, odd_name):
        self.assert_shown(sign_in(person), odd_name, "/account/")
        self.assert_sound(
            sign_in(person),
            odd_name,
            "/appointments/",
            f"/appointments/{appointment.pk}/",
            "/appointments/book/",
            "/accounts/email/",
            "/accounts/2fa/",
            "/accounts/sessions/",
        )

    def test_is_text_on_the_counsellors_pages(
        self, sign_in, counsellor, person, appointment, odd_name
    ):
        Invitation.objects.update(name=odd_name)
        self.assert_shown(
            sign_in(counsellor),
            odd_name,
            INVITATIONS,
            f"/client-admin/clients/{person.pk}/",
            "/client-admin/appointments/",
            f"/client-admin/appointments/{appointment.pk}/",
        )

    def test_is_text_in_site_admin(self, sign_in, superuser, person, appointment, odd_name):
        self.assert_shown(
            sign_in(superuser),
            odd_name,
            "/admin/accounts/user/",
            f"/admin/accounts/user/{person.pk}/change/",
            f"/admin/appointments/appointment/{appointment.pk}/change/",
        )

    def test_is_text_on_the_invitations_own_page(self, client, sign_in, counsellor, odd_name):
        staff = sign_in(counsellor)
        answer = staff.post(INVITATIONS, {"name": odd_name, "email": EVE}, follow=True)
        assert (answer.status_code, Invitation.objects.get().name) == (200, odd_name)
        self.assert_shown(client, odd_name, f"/invitations/{key_of(Invitation.objects.get())}/")

    def test_breaks_no_header_of_a_mail(self, invite, ada, person, appointment, odd_name):
        User.objects.filter(username="counsellor").update(name=odd_name)
        counsellor = User.objects.get(username="counsellor")
        invitations.invite(email="new@example.com", name=odd_name, by=counsellor, now=NOW)
        notifications.write_due()
        sent = Email.objects.exclude(to=EVE, subject="Your invitation")
        assert sent.count() == 3
        for mail in sent:
            raw = mail.email_message().message().as_bytes()
            parsed = message_from_bytes(raw, policy=email.policy.default)
            assert set(parsed.keys()) == EXPECTED_HEADERS
            assert [one.addr_spec for one in parsed["To"].addresses] == mail.to
            assert len(parsed["From"].addresses) == 1
            assert parsed["Subject"] == mail.subject
            assert not parsed.defects

    def assert_shown(self, browser: Client, name: str, *pages: str) -> None:
        for page in pages:
            assert escape(name) in text_of(browser.get(page)), page
        self.assert_sound(browser, name, *pages)

    def assert_sound(self, browser: Client, name: str, *pages: str) -> None:
        for page in pages:
            answer = browser.get(page)
            assert answer.status_code == 200, page
            assert escape(name) == name or name not in text_of(answer), page


EXPECTED_HEADERS = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID",
    "Reply-To", "Auto-Submitted",
}  # fmt: skip

ODD_ADDRESSES = [
    '"a, b"@example.com',
    '"a,b"@example.com',
    "a@[127.0.0.1]",
    "a@b",
    "a" * 290 + "@x.org",
    "a" * 60 + "@" + "b" * 240 + ".example",
    "eve@example.com, m@x.org",
    "Eve <eve@example.com>",
    "eve@example.com\nBcc: m@x.org",
    "eve@exam\0ple.com",
    "eve",
    "",
]


@pytest.mark.parametrize("address", ODD_ADDRESSES)
class TestOddAddress:
    def test_is_not_invited(self, sign_in, counsellor, address):
        browser = sign_in(counsellor)
        with unchanged():
            answer = browser.post(INVITATIONS, {"name": "Eve", "email": address})
        assert (answer.status_code, errors(answer)) == (422, ["email"])

    def test_is_not_changed_to(self, client, ada, address):
        people.trust_email(person=ada)
        client.post(LOGIN, {"login": "ada", "password": PASSWORD})
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        with unchanged():
            answer = client.post("/accounts/email/", {"email": address, "action_add": ""})
        assert (answer.status_code, errors(answer)) == (422, ["email"])
        assert [row.email for row in EmailAddress.objects.all()] == [ada.email]
