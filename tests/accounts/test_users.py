"""People: their ids, names, and e-mail addresses that belong to one of them."""

import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_id_is_a_random_uuid(ada, ben):
    assert isinstance(ada.pk, uuid.UUID)
    assert ada.pk.version == 4
    assert ada.pk != ben.pk


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com", "ada@EXAMPLE.COM"])
def test_e_mail_belongs_to_one_person_in_any_case(ada, email):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="someone", email=email)
    with pytest.raises(ValidationError, match="Someone with this e-mail address exists"):
        User(username="someone", email=email, password="x").full_clean()


def test_many_people_may_have_no_e_mail(db):
    User.objects.create(username="first")
    User.objects.create(username="second")
    assert User.objects.filter(email="").count() == 2


def test_user_name_belongs_to_one_person(ada):
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(username="ada")


def test_superuser_is_staff(ada):
    """Or the rules for staff, the second factor among them, would not hold for them."""
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=ada.pk).update(is_superuser=True)
    ada.is_superuser = True
    with pytest.raises(ValidationError, match="A superuser is staff as well"):
        ada.full_clean()


@pytest.mark.parametrize(
    ("name", "username", "full", "short"),
    [
        ("Ada Lovelace", "ada", "Ada Lovelace", "Ada"),
        ("", "ada", "ada", "ada"),
        ("  ", "ada", "  ", "ada"),
        ("Ada", "ada", "Ada", "Ada"),
    ],
)
def test_names_fall_back_on_the_user_name(name, username, full, short):
    user = User(name=name, username=username)
    assert (user.get_full_name(), user.get_short_name(), str(user)) == (full, short, full)


def test_clients_are_everyone_who_is_not_staff(ada, ben, counsellor, superuser):
    assert set(User.objects.clients()) == {ada, ben}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada", {"ada"}),
        ("ADA", {"ada"}),
        ("example.com", {"ada", "ben"}),
        ("0123", {"ben"}),
        ("%", set()),
        ("_", set()),
        ("\\", set()),
        ("'", set()),
    ],
)
def test_search_looks_into_every_detail_and_takes_text_literally(ada, ben, text, found):
    User.objects.filter(pk=ben.pk).update(phone="020 7946 0123")
    assert {user.username for user in User.objects.search(text)} == found


def test_manager_makes_people_and_superusers(db):
    person = User.objects.create_user("carla", "carla@EXAMPLE.com", "a long password")
    assert (person.is_staff, person.is_superuser) == (False, False)
    assert person.check_password("a long password")
    assert person.email == "carla@example.com"
    assert User.objects.create_superuser("root", "root@example.com", "x").is_superuser
