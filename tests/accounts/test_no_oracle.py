"""No answer tells who has an account, and what a sign-in costs."""

import re

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from post_office.models import Email

from accounts.models import Session, User
from tests.accounts.conftest import LOGIN, RESET, is_signed_in, sign_in_as, with_app
from tests.conftest import PASSWORD

pytestmark = [pytest.mark.once, pytest.mark.django_db]

SIGNUP = "/accounts/signup/"
WRONG = "a wrong password"


class CountingHasher(MD5PasswordHasher):
    """Counts how often a password is hashed."""

    count = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.count += 1
        return super().encode(password, salt)


@pytest.fixture(autouse=True)
def hashes(fast, settings):
    """Returns how many passwords were hashed since it was last asked."""
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]

    def counted() -> int:
        count, CountingHasher.count = CountingHasher.count, 0
        return count

    return counted


@pytest.fixture
def people(ada, ben, superuser) -> None:
    """One of each kind: active, deactivated, without a password, with a second factor."""
    User.objects.filter(pk=ben.pk).update(is_active=False)
    User.objects.create_user("carla", "carla@example.com", name="Carla")
    with_app(superuser)


def body_of(answer: HttpResponse, *typed: str) -> str:
    """Return a page without what was typed and the form's token."""
    text = answer.content.decode()
    for word in sorted(typed, key=len, reverse=True):
        text = text.replace(word, "…")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


def headers_of(answer: HttpResponse) -> dict[str, str]:
    own = {"Content-Length", "X-Request-ID"}
    return {name: value for name, value in answer.items() if name not in own}


EVERYONE = ["ada", "ben", "carla", "superuser", "nobody"]


@pytest.mark.parametrize("ending", ["", "@example.com"])
def test_wrong_password_answers_the_same_for_everyone(people, hashes, clock, ending):
    logins = [name + ending for name in EVERYONE]
    answers, costs = [], []
    for login in logins:
        hashes()
        answers.append(sign_in_as(Client(), login, WRONG))
        costs.append(hashes())
    assert costs == [1] * len(logins)
    assert {answer.status_code for answer in answers} == {422}
    bodies = {body_of(answer, login) for answer, login in zip(answers, logins, strict=True)}
    assert len(bodies) == 1
    assert all(headers_of(answer) == headers_of(answers[0]) for answer in answers)


@pytest.mark.parametrize("ending", ["", "@example.com"])
def test_wrong_password_asks_the_database_the_same_for_everyone(people, ending):
    asked = []
    for name in EVERYONE:
        with CaptureQueriesContext(connection) as queries:
            sign_in_as(Client(), name + ending, WRONG)
        asked.append([query["sql"].split()[0:2] for query in queries])
    assert all(statements == asked[0] for statements in asked)


def test_limit_answers_the_same_for_everyone(people):
    answers = {}
    for name in EVERYONE:
        browser = Client(REMOTE_ADDR=f"192.0.2.{EVERYONE.index(name)}")
        for _ in range(6):
            answers[name] = sign_in_as(browser, name, WRONG)
    assert {answer.status_code for answer in answers.values()} == {429}
    assert len({body_of(answer, name) for name, answer in answers.items()}) == 1


def test_right_password_of_a_deactivated_person_is_not_taken(client, people):
    sign_in_as(client, "ben")
    assert not is_signed_in(client)
    assert not Session.objects.filter(user__username="ben").exists()


@pytest.mark.parametrize("host", ["testserver", "localhost"])
def test_reset_answers_the_same_for_everyone(people, hashes, host):
    answers, pages, mails = [], [], []
    hashes()
    for name in EVERYONE:
        browser, address = Client(headers={"host": host}), f"{name}@example.com"
        answers.append(browser.post(RESET, {"email": address}))
        pages.append(body_of(browser.get(answers[-1]["Location"]), address))
        mails.append([email.to for email in Email.objects.filter(to=address)])
    assert hashes() == 0
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/accounts/password/reset/done/")
    }
    assert len(set(pages)) == 1
    assert mails == [[[f"{name}@example.com"]] for name in EVERYONE]


def test_reset_link_is_mailed_to_people_with_an_account_only(people):
    for name in EVERYONE:
        Client().post(RESET, {"email": f"{name}@example.com"})
    with_link = {
        email.to[0].split("@")[0]
        for email in Email.objects.all()
        if "/password/reset/key/" in email.message
    }
    assert with_link == {"ada", "carla", "superuser"}


@pytest.mark.parametrize("name", ["ada", "ben", "nobody"])
def test_asking_for_resets_on_and_on_fills_no_box_and_shuts_nobody_out(people, name):
    """The page goes on to say that a mail is in the box, which is true."""
    asked = [Client().post(RESET, {"email": f"{name}@example.com"}) for _ in range(7)]
    assert {(answer.status_code, answer["Location"]) for answer in asked} == {
        (302, "/accounts/password/reset/done/")
    }
    assert Email.objects.count() == 5


@pytest.mark.parametrize("lookalike", ["v\u0130c", "v\u0131c", "\uff36ic", "vic\u200b"])
def test_lookalike_gets_no_reset_and_no_fresh_tries(client, practice, lookalike):
    """U+0130 is an i for PostgreSQL's lower(); a letter of full width is one for NFKC."""
    User.objects.create_user("vic", "vic@example.com", PASSWORD)
    Client().post(RESET, {"email": f"{lookalike}@example.com"})
    assert not [mail for mail in Email.objects.all() if "/reset/key/" in mail.message]
    for _ in range(5):
        sign_in_as(client, "vic", "wrong password")
    assert sign_in_as(client, lookalike).status_code in {422, 429}
    assert not is_signed_in(client)


@pytest.mark.parametrize("method", ["get", "post"])
def test_sign_up_answers_the_same_for_everyone(people, method):
    pages = []
    for name in EVERYONE:
        fields = {"email": f"{name}@example.com", "username": name, "password1": PASSWORD}
        answer = getattr(Client(), method)(SIGNUP, fields)
        pages.append((answer.status_code, body_of(answer, name)))
    assert len(set(pages)) == 1
    assert b'name="password1"' not in answer.content


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("login", ["ada", "ada@example.com"])
@pytest.mark.parametrize("places", [0, 10])
def test_sign_in_costs_one_hash_and_few_queries(
    ada, sign_in, hashes, django_assert_max_num_queries, login, places
):
    for _ in range(places):
        sign_in(ada)
    browser = Client()
    browser.get(LOGIN)
    hashes()
    with django_assert_max_num_queries(9):
        answer = sign_in_as(browser, login)
    assert answer.status_code == 302
    assert is_signed_in(browser)
    assert hashes() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "path", ["/accounts/password/change/", "/account/", "/appointments/availability.json"]
)
@pytest.mark.parametrize("who", ["ada", "counsellor", "superuser"])
def test_signed_in_page_asks_twice_who_it_is(request, settings, sign_in, clock, path, who):
    settings.REQUIRE_STAFF_MFA = True
    browser = sign_in(with_app(request.getfixturevalue(who)))
    browser.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(path).status_code == 200
    tables = re.compile('"(accounts_session|accounts_user|mfa_authenticator)"')
    about = [query["sql"] for query in queries if tables.search(query["sql"])]
    assert len(about) <= 2, about
    assert about == [query["sql"] for query in queries][: len(about)]
