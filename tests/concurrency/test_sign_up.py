"""Sign-ups that meet: one invitation gives one account, and so does one user name."""

import http.client
import re
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from http.cookies import SimpleCookie
from urllib.parse import urlencode

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

from accounts import invitations
from accounts.models import Invitation, Session, User
from tests.concurrency.conftest import TOKEN, Post, at_once
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("server")]

SIGN_UP, BOOKING = "/accounts/signup/", "/appointments/book/"
PEOPLE = 8
DONE, CONFLICT, GONE, REFUSED = 302, 409, 410, 422


@pytest.fixture(autouse=True)
def no_limit_is_near() -> None:
    """Forget what other tests have asked of the server: a minute's sign-ups are counted."""
    cache.clear()


@pytest.fixture
def invite(counsellor) -> Callable[[str], str]:
    """Invites an address and returns the path of the link that is mailed there."""

    def invited(email: str) -> str:
        made = invitations.invite(email=email, name="Eve", by=counsellor, now=timezone.now())
        return re.search(r"/invitations/[\w-]+/", made.mail.message)[0]

    return invited


@pytest.fixture
def sign_up(server) -> Callable[[str, str], Post]:
    """Goes from an invitation to the form and fills it in: `sign_up(link, "eve")`."""

    def filled_in(link: str, username: str) -> Post:
        with closing(http.client.HTTPConnection(server.host, server.port, timeout=60)) as browser:
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Cookie": f"{settings.CSRF_COOKIE_NAME}={TOKEN}",
                "Origin": server.url,
            }
            browser.request("POST", link, urlencode({"csrfmiddlewaretoken": TOKEN}), headers)
            answer = browser.getresponse()
        assert (answer.status, answer.headers["Location"]) == (DONE, SIGN_UP)
        session = SimpleCookie(answer.headers["Set-Cookie"])[settings.SESSION_COOKIE_NAME].value
        fields = {"username": username, "name": "Eve", "password1": PASSWORD}
        return Post(server, SIGN_UP, session, fields)

    return filled_in


def new_people() -> list[User]:
    return list(User.objects.filter(is_staff=False))


def test_one_invitation_gives_one_account(invite, sign_up):
    link = invite("eve@example.com")
    statuses = at_once([sign_up(link, f"eve{n}") for n in range(PEOPLE)])
    assert statuses.count(DONE) == 1
    assert {status for status in statuses if status != DONE} <= {CONFLICT, GONE, REFUSED}
    (person,) = new_people()
    assert person.username == f"eve{statuses.index(DONE)}"
    assert Invitation.objects.get().person == person
    assert EmailAddress.objects.get(email="eve@example.com").user == person
    assert [session.user for session in Session.objects.exclude(user=None)] == [person]


def test_a_double_click_opens_one_account_and_signs_in_once(invite, sign_up):
    post = sign_up(invite("eve@example.com"), "eve")
    first, second = sorted(at_once([post, post]))
    assert first == DONE
    assert 400 <= second < 500
    (person,) = new_people()
    assert Invitation.objects.get().person == person
    assert Session.objects.get(user__is_staff=False).user == person


@pytest.mark.parametrize("turned", [str.upper, str.title])
def test_one_user_name_in_two_cases_gives_one_account(invite, sign_up, turned):
    names = ["eve.moneypenny", turned("eve.moneypenny")]
    posts = [sign_up(invite(f"eve{n}@example.com"), name) for n, name in enumerate(names)]
    assert Counter(at_once(posts)) == {DONE: 1, REFUSED: 1}
    (person,) = new_people()
    accepted = Invitation.objects.exclude(accepted_at=None).get()
    assert (accepted.person, accepted.email) == (person, person.email)


def test_each_invitation_gives_its_own_account(invite, sign_up):
    posts = [sign_up(invite(f"eve{n}@example.com"), f"eve{n}") for n in range(PEOPLE)]
    assert Counter(at_once(posts)) == {DONE: PEOPLE}
    accepted = Invitation.objects.select_related("person")
    assert {one.email: one.person.username for one in accepted} == {
        f"eve{n}@example.com": f"eve{n}" for n in range(PEOPLE)
    }
    assert len(new_people()) == PEOPLE


def test_who_signs_up_while_it_is_revoked_is_in_or_out(invite, sign_up, counsellor, post_as):
    link = invite("eve@example.com")
    invitation = Invitation.objects.get()
    revoking = post_as(counsellor, f"/client-admin/invitations/{invitation.pk}/revoke/")
    signed_up, revoked = at_once([sign_up(link, "eve"), revoking])
    assert (signed_up, revoked) in {(DONE, CONFLICT), (GONE, DONE)}
    invitation.refresh_from_db()
    assert invitation.accepted == (signed_up == DONE) == bool(new_people())
    assert bool(invitation.revoked_at) == (revoked == DONE)


def test_one_address_invited_at_once_has_one_invitation(counsellor, superuser, post_as):
    path, people = "/client-admin/invitations/", [counsellor, superuser] * 4
    addresses = ["eve@example.com", "EVE@example.com", "Eve@Example.COM", "eve@EXAMPLE.com"] * 2
    posts = [
        post_as(by, path, name="Eve", email=email)
        for by, email in zip(people, addresses, strict=True)
    ]
    assert Counter(at_once(posts)) == {DONE: 1, CONFLICT: 7}
    assert Invitation.objects.get().mail
