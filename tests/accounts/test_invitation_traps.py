"""What goes wrong with invitations elsewhere, one class for each trap, through the pages."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from post_office.models import Email

from accounts import invitations
from accounts.models import Invitation, User
from tests.accounts.conftest import (
    EVE,
    FORM,
    INVITATIONS,
    SIGN_UP,
    WEEK,
    accept,
    key_of,
    landing,
    opened,
    text_of,
)
from tests.conftest import NOW
from tests.rows import unchanged

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def stored(browser: Client) -> dict[str, object]:
    return dict(browser.session.items())


class TestScannersDoNotConsumeIt:
    @pytest.mark.parametrize("method", ["get", "head"])
    def test_looking_changes_nothing(self, client, eve, method):
        with unchanged():
            answer = getattr(client, method)(landing(key_of(eve)))
        assert answer.status_code == 200
        assert not client.cookies.get("sessionid")

    def test_looking_twenty_times_leaves_it_open(self, eve):
        key = key_of(eve)
        with unchanged():
            statuses = {Client().get(landing(key)).status_code for _scanner in range(20)}
            statuses |= {Client().head(landing(key)).status_code for _scanner in range(5)}
        assert statuses == {200}
        assert opened(key).post(SIGN_UP, FORM).status_code == 302

    def test_going_on_takes_a_form_token(self, eve):
        browser, path = Client(enforce_csrf_checks=True), landing(key_of(eve))
        assert browser.post(path).status_code == 403
        assert browser.post(SIGN_UP, FORM).status_code == 403
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text_of(browser.get(path)))[
            1
        ]
        assert browser.post(path, {"csrfmiddlewaretoken": token}).status_code == 302

    def test_session_that_somebody_else_planted_is_left_behind(self, client, eve):
        session = client.session
        session["planted"] = True
        session.save()
        client.post(landing(key_of(eve)))
        on_the_way = client.session.session_key
        assert on_the_way != session.session_key
        assert not type(session)(session.session_key).load()
        client.post(SIGN_UP, FORM)
        assert client.session.session_key != on_the_way

    @pytest.mark.parametrize("method", ["get", "head", "post"])
    def test_page_with_a_key_in_its_address_is_neither_kept_nor_told(self, eve, method):
        for key in (key_of(eve), "no-such-key"):
            answer = getattr(Client(), method)(landing(key))
            assert "no-store" in answer["Cache-Control"]
            assert answer["Referrer-Policy"] == "no-referrer"

    @pytest.mark.parametrize("method", ["get", "head", "post"])
    def test_form_is_not_kept_and_has_no_key(self, eve, method):
        key = key_of(eve)
        answer = getattr(opened(key), method)(SIGN_UP)
        assert "no-store" in answer["Cache-Control"]
        assert key not in text_of(answer)


class TestEmailIsTheInvitedOne:
    def test_posted_one_is_ignored(self, eve):
        browser = opened(key_of(eve))
        browser.post(SIGN_UP, {**FORM, "email": "mallory@example.com", "email2": "m@example.com"})
        assert get_user(browser).email == EVE
        address = EmailAddress.objects.get(user__username="eve")
        assert (address.email, address.user) == (EVE, get_user(browser))
        assert (address.verified, address.primary) == (True, True)

    def test_is_shown_and_no_field(self, eve):
        text = text_of(opened(key_of(eve)).get(SIGN_UP))
        assert EVE in text
        assert 'name="email"' not in text

    def test_posted_rights_are_ignored(self, eve):
        browser = opened(key_of(eve))
        browser.post(SIGN_UP, {**FORM, "is_staff": "on", "is_superuser": "on", "id": "1"})
        assert (get_user(browser).is_staff, get_user(browser).is_superuser) == (False, False)


def revoke(invitation, counsellor, clock):
    invitations.revoke(invitation=invitation, by=invitation.inviter, now=NOW)


def expire(invitation, counsellor, clock):
    clock.move_to(NOW + WEEK)


def resend(invitation, counsellor, clock):
    invitations.resend(invitation=invitation, by=counsellor, now=NOW)


def use(invitation, counsellor, clock):
    accept(key_of(invitation), username="first")


@pytest.mark.parametrize("close", [revoke, expire, resend, use])
class TestClosedInvitationOpensNothing:
    def test_link(self, client, eve, counsellor, clock, close):
        path = landing(key_of(eve))
        close(eve, counsellor, clock)
        expected = 404 if close is resend else 410
        with unchanged():
            for method in (client.get, client.head, client.post):
                assert method(path).status_code == expected
        assert not client.cookies.get("sessionid")

    @pytest.mark.parametrize("method", ["get", "head", "post"])
    def test_form_that_was_open_already(self, eve, counsellor, clock, close, method):
        browser = opened(key_of(eve))
        browser.get(SIGN_UP)
        close(eve, counsellor, clock)
        with unchanged():
            answer = getattr(browser, method)(SIGN_UP, FORM if method == "post" else None)
        assert answer.status_code == 410
        assert not get_user(browser).is_authenticated
        assert not User.objects.filter(username="eve").exists()


class TestOpenedWhileSignedIn:
    @pytest.mark.parametrize(("method", "status"), [("get", 200), ("head", 200), ("post", 409)])
    @pytest.mark.parametrize("person", ["ada", "counsellor"])
    def test_says_so_and_changes_nothing(self, request, sign_in, eve, person, method, status):
        who = request.getfixturevalue(person)
        browser, key = sign_in(who), key_of(eve)
        before = (browser.session.session_key, stored(browser))
        with unchanged():
            for path in (landing(key), SIGN_UP):
                answer = getattr(browser, method)(path)
                assert answer.status_code == status
                if method != "head":
                    assert f"You are signed in as <bdi>{who}</bdi>" in text_of(answer)
        assert (browser.session.session_key, stored(browser)) == before
        assert opened(key).post(SIGN_UP, FORM).status_code == 302


class TestStaffInvite:
    @pytest.mark.parametrize("address", ["", "{pk}/resend/", "{pk}/revoke/"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_nobody_else(self, client, sign_in, ada, eve, address, method):
        path, fields = INVITATIONS + address.format(pk=eve.pk), {"name": "M", "email": "m@x.org"}
        browser = sign_in(ada)
        with unchanged():
            assert getattr(browser, method)(path, fields).status_code == 403
            answer = getattr(client, method)(path, fields)
        assert answer["Location"].startswith("/accounts/login/")

    def test_invitation_is_listed_sent_again_and_revoked(self, sign_in, counsellor):
        browser = sign_in(counsellor)
        answer = browser.post(INVITATIONS, {"name": "Eve", "email": "EVE@example.com"})
        assert answer.status_code == 302
        invitation, old = Invitation.objects.get(), key_of(Invitation.objects.get())
        assert all(text in text_of(browser.get(INVITATIONS)) for text in (EVE, "Eve", "Queued"))
        assert browser.post(f"{INVITATIONS}{invitation.pk}/resend/").status_code == 302
        assert key_of(invitation) != old
        assert browser.post(f"{INVITATIONS}{invitation.pk}/revoke/").status_code == 302
        assert "Revoked" in text_of(browser.get(INVITATIONS))

    @pytest.mark.parametrize("action", ["resend", "revoke"])
    def test_looking_at_an_action_changes_nothing(self, sign_in, counsellor, eve, action):
        browser = sign_in(counsellor)
        with unchanged():
            answer = browser.get(f"{INVITATIONS}{eve.pk}/{action}/")
        assert answer["Location"] == INVITATIONS

    @pytest.mark.parametrize("action", ["resend", "revoke"])
    def test_used_one_is_refused(self, sign_in, counsellor, eve, action):
        accept(key_of(eve))
        browser = sign_in(counsellor)
        with unchanged():
            answer = browser.post(f"{INVITATIONS}{eve.pk}/{action}/")
        assert answer.status_code == 409

    @pytest.mark.parametrize(
        "email", [EVE, "EVE@Example.com", "ada@example.com", "ADA@example.com"]
    )
    def test_known_address_is_refused_in_any_case(self, sign_in, counsellor, ada, eve, email):
        browser = sign_in(counsellor)
        with unchanged():
            answer = browser.post(INVITATIONS, {"name": "Eve", "email": email})
        assert answer.status_code == 409


ODD_BODIES = [
    ("{", "application/json"),
    ('["eve@example.com"]', "application/json"),
    ('{"email": null}', "application/json"),
    (b"\xff\xfe\x00", "application/json"),
    (b"email=%ff%00&name=%c3", "application/x-www-form-urlencoded"),
    ("name=Eve\0&email=new@example.com", "application/x-www-form-urlencoded"),
    ("name=Eve&email=new@example.com", "application/x-www-form-urlencoded; charset=utf-16"),
    ("&".join(f"a{n}=" for n in range(2000)), "application/x-www-form-urlencoded"),
    ("--x\r\nbroken", "multipart/form-data; boundary=x"),
    ("broken", "multipart/form-data"),
    ("", "nonsense"),
]


@pytest.mark.parametrize(("body", "kind"), ODD_BODIES)
def test_malformed_invite_is_refused_and_breaks_nothing(sign_in, counsellor, body, kind):
    browser = sign_in(counsellor)
    with unchanged():
        answer = browser.generic("POST", INVITATIONS, body, content_type=kind)
    assert 400 <= answer.status_code < 500


class TestPackagedPages:
    @pytest.mark.parametrize("name", ["send-invite", "send-json-invite", "accept-invite"])
    @pytest.mark.parametrize("args", [[], ["key"]])
    def test_name_leads_nowhere(self, name, args):
        for full_name in (name, f"invitations:{name}"):
            with pytest.raises(NoReverseMatch):
                reverse(full_name, args=args)

    def test_views_are_at_no_address(self):
        def modules(patterns):
            for pattern in patterns:
                if isinstance(pattern, URLPattern):
                    yield pattern.callback.__module__
                else:
                    yield from modules(pattern.url_patterns)

        found = set(modules(get_resolver().url_patterns))
        assert "accounts.views.invited" in found
        assert not [name for name in found if name.startswith("invitations")]


@pytest.mark.parametrize("host", ["testserver", "localhost", "127.0.0.1:9999"])
def test_link_leads_to_our_site_whatever_host_was_asked(sign_in, counsellor, settings, host):
    fields = {"name": "Eve", "email": EVE}
    answer = sign_in(counsellor).post(INVITATIONS, fields, headers={"host": host})
    assert answer.status_code == 302
    sent = Email.objects.get()
    assert f"{settings.SITE_URL}/invitations/" in sent.message
    for text in (sent.message, sent.html_message):
        assert set(re.findall(r"https?://[^/]+", text)) == {settings.SITE_URL}


class TestSiteAdminShowsNoKey:
    BASE = "/admin/accounts/invitation/"

    @pytest.fixture
    def admin(self, sign_in, superuser) -> Client:
        return sign_in(superuser)

    @pytest.mark.parametrize("address", ["", "{pk}/change/", "{pk}/history/", "?q=eve", "?q={key}"])
    def test_on_any_page(self, admin, eve, address):
        answer = admin.get(self.BASE + address.format(pk=eve.pk, key=eve.key), follow=True)
        assert answer.status_code == 200
        text = text_of(answer).replace(f"q={eve.key}", "").replace(f'value="{eve.key}"', "")
        assert eve.key not in text
        assert key_of(eve) not in text

    def test_by_searching_for_one(self, admin, eve):
        assert EVE in text_of(admin.get(self.BASE))
        assert EVE not in text_of(admin.get(self.BASE, {"q": eve.key}))
        assert admin.get(self.BASE, {"mail__message__contains": "Hello"}).status_code == 400

    @pytest.mark.parametrize("table", ["email", "log", "emailtemplate", "attachment"])
    def test_nor_any_mail(self, admin, eve, table):
        mail = Email.objects.get()
        assert admin.get(f"/admin/post_office/{table}/").status_code == 404
        assert admin.get(f"/admin/post_office/{table}/{mail.pk}/change/").status_code == 404
