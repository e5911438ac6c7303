"""The home page's picture: from Site admin to where it is kept, and from there to visitors."""

import re

import pytest
from django.core.files.base import ContentFile
from django.db import DatabaseError, connection, connections, transaction
from django.test import Client

from tests.rows import unchanged
from tests.therapeutics import cloudinary_server, pictures
from tests.therapeutics.cloudinary_server import CLOUD
from tests.therapeutics.conftest import ADD, CHANGE, FIELDS, keep
from therapeutics import media
from therapeutics.models import Practice

pytestmark = [pytest.mark.once, pytest.mark.django_db]

NOT_TAKEN = "Cloudinary did not take the picture"


def errors(answer) -> str:
    """Return what the form says beside the picture."""
    assert answer.status_code == 200
    return " ".join(answer.context["adminform"].form.errors.get("hero", []))


def image(client: Client) -> dict[str, str]:
    """Return the attributes of the home page's picture."""
    page = client.get("/").content.decode()
    [tag] = re.findall(r"<img [^>]*>", re.search(r'class="hero".*?</section>', page, re.S)[0])
    return dict(re.findall(r'([\w-]+)="([^"]*)"', tag))


def test_uploaded_picture_is_kept_under_a_name_of_ours(send, kept):
    assert send(hero=pictures.from_a_camera()).status_code == 302
    practice = Practice.objects.get()
    assert re.fullmatch(r"practice/[0-9a-f]{32}\.jpg", practice.hero.name)
    assert (practice.hero_width, practice.hero_height) == (1600, 900)
    assert kept() == {practice.hero.name}


def test_cloudinary_gets_nothing_but_the_picture(send, cloud):
    send(hero=pictures.from_a_camera())
    [content] = cloud.stored.values()
    assert (content[:2], b"Smith" in content, b"Exif" in content) == (b"\xff\xd8", False, False)
    [(action, fields)] = cloud.asked
    assert (action, "Smith" in str(fields)) == ("upload", False)


def test_picture_stays_when_another_field_is_changed(send, kept):
    send(hero=pictures.photo())
    before = Practice.objects.get().hero.name
    assert send(name="Another name").status_code == 302
    practice = Practice.objects.get()
    assert (practice.name, practice.hero.name, kept()) == ("Another name", before, {before})


def test_replaced_picture_is_deleted(send, kept):
    send(hero=pictures.photo())
    before = Practice.objects.get().hero.name
    send(hero=pictures.photo(width=2000))
    practice = Practice.objects.get()
    assert practice.hero.name != before
    assert practice.hero_width == 2000
    assert kept() == {practice.hero.name}


def test_cleared_picture_is_deleted(send, kept):
    send(hero=pictures.photo())
    assert send(**{"hero-clear": "on"}).status_code == 302
    practice = Practice.objects.get()
    assert (practice.hero.name, practice.hero_width, practice.hero_height) == ("", None, None)
    assert kept() == set()


def test_refused_form_stores_nothing(send, kept):
    send(hero=pictures.photo())
    before = kept()
    with unchanged():
        answer = send(hero=pictures.photo(), phone="call me")
    assert (errors(answer), kept()) == ("", before)


def test_bad_picture_is_explained_and_the_rest_stays_as_typed(send, kept):
    send(hero=pictures.photo())
    before = kept()
    with unchanged():
        answer = send(hero=pictures.upload(b"<svg/>"), name="As typed")
    assert "This file is none, or it is damaged." in errors(answer)
    assert b'value="As typed"' in answer.content
    assert kept() == before


def test_save_that_fails_leaves_the_old_picture(send, kept):
    send(hero=pictures.photo())
    before = Practice.objects.get().hero.name

    def broken(execute, sql, *rest):
        if sql.startswith("UPDATE") and "therapeutics_practice" in sql:
            raise DatabaseError("out of order")
        return execute(sql, *rest)

    with unchanged(), connection.execute_wrapper(broken), pytest.raises(DatabaseError):
        send(hero=pictures.photo())
    assert kept() == {before}


def test_old_picture_stays_until_the_new_row_is_certain(superuser, sign_in, send, kept):
    send(hero=pictures.photo())
    before = Practice.objects.get().hero.name
    browser = sign_in(superuser)
    with transaction.atomic():
        browser.post(CHANGE, FIELDS | {"hero": pictures.photo()})
        transaction.set_rollback(True)
    assert before in kept()


def test_long_name_is_taken(send, kept):
    upload = pictures.photo()
    upload.name = f"{'x' * 200}.jpg"
    assert send(hero=upload).status_code == 302
    assert kept() == {Practice.objects.get().hero.name}


class TestCloudinaryFails:
    def fails(self, send, cloud) -> None:
        before = dict(cloud.stored)
        with unchanged():
            answer = send(hero=pictures.photo(), name="As typed")
        assert NOT_TAKEN in errors(answer)
        assert b'value="As typed"' in answer.content
        assert cloud.stored == before

    @pytest.fixture(autouse=True)
    def first(self, send, cloud) -> None:
        """The practice has a picture already, which is to stay."""
        send(hero=pictures.photo())

    def test_it_stores_but_its_answer_is_lost(self, send, cloud):
        cloud.lost = {"upload"}
        self.fails(send, cloud)

    def test_nobody_waits_for_it(self, send, cloud):
        here, transactions = connections["default"], []
        before = list(here.savepoint_ids)
        cloud.when_asked = lambda: transactions.append(list(here.savepoint_ids))
        send(hero=pictures.photo())
        assert transactions[0] == before

    @pytest.mark.parametrize("which", [{"secret": "another"}, {"key": "999"}])
    def test_it_does_not_know_us(self, send, cloud, settings, which):
        keep(settings, "CloudinaryStorage", address=cloud.address(**which))
        self.fails(send, cloud)

    def test_our_clock_is_wrong(self, send, cloud):
        cloud.fresh = -1
        self.fails(send, cloud)

    @pytest.mark.parametrize(
        "broken",
        [
            (500, b'{"error": {"message": "Internal error"}}'),
            (500, b"<h1>Internal error</h1>"),
            (503, b""),
            (420, b'{"error": {"message": "Too many"}}'),
            *((200, body) for body in (b"null", b"[]", b"5", b'"error"', b"{}", b"\xff")),
            *((200, body) for body in (b'{"error": null}', b'{"error": {}}', b'{"error": "no"}')),
            (200, b'{"public_id": "practice/another"}'),
        ],
    )
    def test_it_answers_nonsense(self, send, cloud, broken):
        cloud.broken = {"upload": broken}
        self.fails(send, cloud)

    def test_it_is_slow(self, send, cloud, settings):
        keep(settings, "CloudinaryStorage", address=cloud.address(), timeout=0.2)
        cloud.awake.clear()
        self.fails(send, cloud)

    def test_it_is_not_there(self, send, cloud, settings):
        with cloudinary_server.running() as ended:
            address = ended.address()
        keep(settings, "CloudinaryStorage", address=address)
        self.fails(send, cloud)

    @pytest.mark.parametrize("change", ["replaced", "cleared"])
    def test_picture_that_it_does_not_delete_is_only_logged(self, send, cloud, caplog, change):
        before = Practice.objects.get().hero.name
        cloud.broken = {"destroy": (500, b'{"error": {"message": "Internal error"}}')}
        fields = {"hero": pictures.photo()} if change == "replaced" else {"hero-clear": "on"}
        assert send(**fields).status_code == 302
        assert Practice.objects.get().hero.name != before
        assert f"The picture {before} could not be deleted" in caplog.text


class TestProductionWithoutCloudinary:
    """The environment of the tests is one."""

    WHY = "this server may forget files when it restarts"

    @pytest.fixture(autouse=True)
    def folder(self, settings, tmp_path) -> None:
        settings.MEDIA_ROOT = tmp_path

    def test_form_says_why_no_picture_can_be_uploaded(self, superuser, sign_in):
        page = sign_in(superuser).get(ADD).content.decode()
        assert self.WHY in page
        assert "disabled" in re.search(r'<input type="file"[^>]*>', page)[0]

    def test_forged_upload_is_refused_and_stores_nothing(self, send, tmp_path):
        with unchanged():
            answer = send(hero=pictures.photo())
        assert self.WHY in errors(answer)
        assert list(tmp_path.iterdir()) == []

    def test_storage_itself_takes_nothing(self, tmp_path):
        with pytest.raises(media.NotStored):
            media.storage().save("practice/1f.jpg", ContentFile(b"any"))
        assert list(tmp_path.iterdir()) == []

    def test_other_fields_are_saved(self, send):
        assert send().status_code == 302
        assert Practice.objects.get().name == FIELDS["name"]

    def test_picture_of_before_is_not_shown_and_can_be_cleared(
        self, send, superuser, sign_in, client, settings, disk
    ):
        send(hero=pictures.photo())
        keep(settings, "ForgetfulStorage")
        assert image(client)["src"].startswith("/static/img/hero")
        page = sign_in(superuser).get(CHANGE).content.decode()
        assert 'name="hero-clear"' in page
        assert "disabled" not in re.search(r'<input type="file"[^>]*>', page)[0]
        assert send(**{"hero-clear": "on"}).status_code == 302
        assert Practice.objects.get().hero.name == ""
        assert list(disk.glob("practice/*")) == []


class TestHome:
    FIRST = {"fetchpriority": "high", "decoding": "async", "alt": ""}

    def test_illustration_without_an_upload(self, client, practice):
        shown = image(client)
        assert re.fullmatch(r"/static/img/hero(\.\w+)?\.svg", shown["src"])
        assert shown.items() >= (self.FIRST | {"width": "1600", "height": "900"}).items()
        assert "loading" not in shown

    def test_cloudinary_serves_what_fits_the_browser(self, client, send, cloud):
        send(hero=pictures.photo(width=3000, height=1500))
        shown, name = image(client), Practice.objects.get().hero.name.removesuffix(".jpg")
        assert shown.items() >= (self.FIRST | {"width": "2400", "height": "1200"}).items()
        assert shown["sizes"] == "100vw"
        start = f"https://res.cloudinary.com/{CLOUD}/image/upload/c_limit,f_auto,q_auto"
        assert shown["srcset"].split(", ") == [
            f"{start},w_{width}/v1/{name} {width}w" for width in (640, 960, 1280, 1920, 2400)
        ]

    def test_disk_serves_what_fits_the_browser(self, client, send, disk):
        send(hero=pictures.photo())
        shown = image(client)
        assert shown.items() >= (self.FIRST | {"width": "1600", "height": "900"}).items()
        addresses = [each.split(" ")[0] for each in shown["srcset"].split(", ")]
        assert len(addresses) == 4
        for address in [*addresses, shown["src"]]:
            assert (disk / address.removeprefix("/media/")).is_file()

    def test_page_costs_one_query_and_no_look_at_the_file(
        self, client, send, cloud, django_assert_num_queries
    ):
        send(hero=pictures.photo())
        client.get("/")
        with django_assert_num_queries(1):
            image(client)
        assert len(cloud.asked) == 1

    def test_page_is_whole_when_the_file_is_gone(self, client, send, disk):
        send(hero=pictures.photo())
        for path in disk.glob("practice/*"):
            path.unlink()
        assert image(client)["width"] == "1600"


def test_site_admin_shows_the_present_picture(send, superuser, sign_in, disk):
    send(hero=pictures.photo())
    small = Practice.objects.get().hero.url.replace(".jpg", "-640.jpg")
    assert f'<img src="{small}"' in sign_in(superuser).get(CHANGE).content.decode()
    refused = send(hero=pictures.photo(), phone="call me").content.decode()
    assert f'<img src="{small}"' in refused
