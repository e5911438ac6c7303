"""How a client would like to be reached: theirs to say, the practice's to read."""

import pytest
from django.test import Client

from accounts.models import Contact, User
from tests.accounts.conftest import text_of
from tests.rows import unchanged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

URL = "/account/"
ADA = {"name": "Ada", "phone": "020 7946 0123"}


@pytest.fixture
def adas(sign_in, ada) -> Client:
    return sign_in(ada)


def contact_of(person: User) -> str:
    return User.objects.get(pk=person.pk).contact


def test_either_is_fine_until_the_client_says_otherwise(adas, ada):
    assert contact_of(ada) == Contact.EITHER
    assert '<option value="either" selected>' in text_of(adas.get(URL))


def test_client_chooses_and_the_record_shows_it(adas, sign_in, counsellor, ada):
    answer = adas.post(URL, {**ADA, "contact": "phone"})
    assert (answer.status_code, answer["Location"]) == (302, URL)
    assert contact_of(ada) == Contact.PHONE
    assert '<option value="phone" selected>' in text_of(adas.get(URL))
    record = text_of(sign_in(counsellor).get(f"/client-admin/clients/{ada.pk}/"))
    assert "<dt>Best reached</dt>\n  <dd>By phone</dd>" in record


def test_choice_that_is_left_out_is_kept(adas, ada):
    User.objects.filter(pk=ada.pk).update(contact=Contact.EMAIL)
    assert adas.post(URL, ADA).status_code == 302
    assert contact_of(ada) == Contact.EMAIL


@pytest.mark.parametrize(
    "sent",
    [{**ADA, "contact": "pigeon"}, {"name": "Ada", "phone": "", "contact": "phone"}],
    ids=["unknown way", "by phone without a number"],
)
def test_is_refused(adas, sent):
    with unchanged():
        assert adas.post(URL, sent).status_code == 422


def test_staff_are_not_asked(sign_in, counsellor):
    browser = sign_in(counsellor)
    assert 'name="contact"' not in text_of(browser.get(URL))
    assert browser.post(URL, {**ADA, "contact": "phone"}).status_code == 302
    assert contact_of(counsellor) == Contact.EITHER
