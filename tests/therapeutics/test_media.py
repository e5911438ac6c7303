"""How Cloudinary and the disk keep pictures."""

import pytest
from django.core.files.base import ContentFile

from tests.therapeutics import cloudinary_server, pictures
from tests.therapeutics.cloudinary_server import CLOUD, SECRET, Cloud
from therapeutics import media, uploads

NAME = "practice/1f.jpg"
MEGABYTE = 1024 * 1024


pytestmark = pytest.mark.usefixtures("disk")


def test_names_are_ours_and_never_the_same():
    names = {media.fresh_name(None, pictures.NAME) for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("practice/") and "Smith" not in name for name in names)


class TestDisk:
    def test_smaller_ones_are_made_and_deleted_with_it(self, disk):
        assert media.storage().save(NAME, uploads.prepared(pictures.photo())) == NAME
        files = sorted((disk / "practice").iterdir())
        assert {path.name: pictures.size(path) for path in files} == {
            "1f.jpg": (1600, 900),
            "1f-640.jpg": (640, 360),
            "1f-960.jpg": (960, 540),
            "1f-1280.jpg": (1280, 720),
        }
        media.storage().delete(NAME)
        assert list((disk / "practice").iterdir()) == []

    def test_page_is_told_the_addresses_of_what_is_there(self, disk):
        media.storage().save(NAME, uploads.prepared(pictures.photo()))
        picture = media.shown(name=NAME, width=1600, height=900)
        told = [each.split() for each in picture.srcset.split(", ")]
        assert [width for _, width in told] == ["640w", "960w", "1280w", "1600w"]
        for address, width in told:
            path = disk / address.removeprefix("/media/")
            assert f"{pictures.size(path)[0]}w" == width


class TestCloudinary:
    def storage(self, cloud: Cloud, **which: str) -> media.CloudinaryStorage:
        return media.CloudinaryStorage(cloud.address(**which))

    def test_documented_examples_have_the_documented_signatures(self):
        asked = {"public_id": "sample_image", "timestamp": "1315060510", "api_key": "1234"}
        eager = {"eager": "w_400,h_300,c_pad|w_260,h_200,c_crop", "file": "sample.jpg"}
        sign = cloudinary_server.signature
        assert sign(asked, "abcd") == "b4ad47fb4e25c7bf5f92a20089f9db59bc302313"
        assert sign(asked | eager, "abcd") == "bfd09f95f331f558cbd1320e67aa8d488770583e"

    @pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
    def test_upload_is_signed_and_stored(self, cloud, algorithm):
        address = f"{cloud.address()}&signature_algorithm={algorithm}"
        content = uploads.prepared(pictures.photo())
        content.read()  # where somebody has read it to, it still starts at the beginning
        assert media.CloudinaryStorage(address).save(NAME, content) == NAME
        content.seek(0)
        assert cloud.stored == {"practice/1f": content.read()}
        [(action, fields)] = cloud.asked
        given = {name: value.decode() for name, value in fields.items() if name != "file"}
        assert given.pop("filename") == NAME
        wanted = cloudinary_server.signature(given, SECRET, algorithm=algorithm)
        assert (action, given["signature"]) == ("upload", wanted)

    def test_secret_is_never_sent(self, cloud):
        self.storage(cloud).save(NAME, uploads.prepared(pictures.photo()))
        assert SECRET not in str(cloud.asked)

    @pytest.mark.parametrize("which", [{"secret": "another"}, {"key": "999"}])
    def test_stranger_stores_and_deletes_nothing(self, cloud, which):
        self.storage(cloud).save(NAME, uploads.prepared(pictures.photo()))
        before = dict(cloud.stored)
        stranger = self.storage(cloud, **which)
        with pytest.raises(media.NotStored):
            stranger.save("practice/2f.jpg", uploads.prepared(pictures.photo()))
        with pytest.raises(media.NotStored):
            stranger.delete(NAME)
        assert cloud.stored == before

    def test_what_cloudinary_cannot_read_is_refused(self, cloud):
        with pytest.raises(media.NotStored):
            self.storage(cloud).save(NAME, ContentFile(b"no picture"))

    def test_deleted_twice_is_deleted(self, cloud):
        storage = self.storage(cloud)
        storage.save(NAME, uploads.prepared(pictures.photo()))
        storage.delete(NAME)
        storage.delete(NAME)
        assert cloud.stored == {}
        deletions = [fields for action, fields in cloud.asked if action == "destroy"]
        assert [fields["invalidate"] for fields in deletions] == [b"1", b"1"]  # in all caches

    def test_deletion_that_is_not_confirmed_is_refused(self, cloud):
        cloud.broken = {"destroy": (200, b'{"result": "later"}')}
        with pytest.raises(media.NotStored):
            self.storage(cloud).delete(NAME)

    def test_picture_is_never_read_back(self, cloud):
        with pytest.raises(NotImplementedError):
            self.storage(cloud).open(NAME)
        assert cloud.asked == []

    def test_delivery_is_by_https_and_fits_the_browser(self, cloud):
        start = f"https://res.cloudinary.com/{CLOUD}/image/upload/c_limit,f_auto,q_auto,"
        storage = self.storage(cloud)
        assert storage.smaller(NAME, 640) == f"{start}w_640/v1/practice/1f"
        assert storage.url(NAME) == f"{start}w_2400/v1/practice/1f"
        assert cloud.asked == []

    def test_delivery_host_of_ones_own_is_used(self):
        storage = media.CloudinaryStorage("cloudinary://key:secret@cloud/images.example.org")
        assert storage.url(NAME).startswith("https://images.example.org/image/upload/c_limit")
