"""The wish to be erased: asked once, told, taken back or declined."""

import pytest
from django.test import Client
from post_office.models import Email

from accounts import erasure as wishes
from accounts.models import User
from appointments import erasure
from tests.accounts.conftest import reauthenticate
from tests.conftest import NOW
from tests.rows import unchanged
from therapeutics.models import AuditEvent, AuditKind

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_superuser(clock, superuser, sign_in) -> Client:
    return sign_in(superuser)


@pytest.fixture
def as_ada(clock, ada, sign_in) -> Client:
    browser = sign_in(ada)
    reauthenticate(browser)
    return browser


def test_wish_is_asked_about_first(as_ada, ada):
    with unchanged():
        page = as_ada.get("/account/data/erasure/").content.decode()
    assert "Ask to be erased?" in page


def test_wish_needs_a_fresh_password(clock, ada, sign_in):
    for ask in (sign_in(ada).get, sign_in(ada).post):
        answer = ask("/account/data/erasure/")
        assert answer["Location"].startswith("/accounts/reauthenticate/?next=/account/data/")


def test_wish_is_kept_shown_and_told(as_ada, ada, superuser, counsellor, as_superuser):
    answer = as_ada.post("/account/data/erasure/")
    assert (answer.status_code, answer["Location"]) == (302, "/account/data/")
    assert "You asked on 2 November 2026" in as_ada.get("/account/data/").content.decode()
    assert User.objects.get(pk=ada.pk).erasure_asked_at == NOW
    assert sorted(one.to[0] for one in Email.objects.all()) == [ada.email, superuser.email]
    told = Email.objects.get(to=superuser.email)
    assert "ada" not in f"{told.subject} {told.message}".lower()
    page = as_superuser.get("/admin/accounts/user/").content.decode()
    assert "1 person asks to be erased" in page
    page = as_superuser.get("/admin/accounts/user/?erasure_asked_at__isempty=0")
    assert [one.pk for one in page.context["cl"].result_list] == [ada.pk]


def test_wish_twice_is_one(as_ada, ada, superuser):
    as_ada.post("/account/data/erasure/")
    with unchanged():
        assert as_ada.post("/account/data/erasure/").status_code == 302
    assert AuditEvent.objects.filter(kind=AuditKind.ERASURE_ASKED).count() == 1


def test_wish_is_taken_back(as_ada, ada):
    as_ada.post("/account/data/erasure/")
    assert as_ada.post("/account/data/erasure/withdraw/").status_code == 302
    assert User.objects.get(pk=ada.pk).erasure_asked_at is None
    event = AuditEvent.objects.get(kind=AuditKind.ERASURE_DECLINED)
    assert (event.by, event.about) == (ada.pk, str(ada.pk))


def test_wish_is_declined_and_told(as_ada, ada, as_superuser, superuser):
    as_ada.post("/account/data/erasure/")
    assert as_superuser.post(f"/admin/accounts/user/{ada.pk}/erase/decline/").status_code == 302
    assert User.objects.get(pk=ada.pk).erasure_asked_at is None
    assert Email.objects.filter(to=ada.email).latest("pk").subject == "About your request"
    assert AuditEvent.objects.get(kind=AuditKind.ERASURE_DECLINED).by == superuser.pk
    with unchanged():
        as_superuser.post(f"/admin/accounts/user/{ada.pk}/erase/decline/")


def test_wish_is_not_for_staff(clock, counsellor, sign_in):
    browser = sign_in(counsellor)
    reauthenticate(browser)
    with unchanged():
        assert browser.post("/account/data/erasure/").status_code == 403
        assert not wishes.ask(person=counsellor, now=NOW)


def test_wish_goes_with_the_person(as_ada, ada, superuser):
    wishes.ask(person=ada, now=NOW)
    erasure.erase(person=ada, by=superuser, now=NOW)
    assert User.objects.get(pk=ada.pk).erasure_asked_at is None
