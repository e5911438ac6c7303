"""What is taken as a picture, and how Cloudinary and the disk keep it."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.therapeutics import cloudinary_server, pictures
from tests.therapeutics.cloudinary_server import CLOUD, SECRET, Cloud
from tests.therapeutics.pictures import BLUE, GREEN, RED, SIZE, WHITE
from therapeutics import media

NAME = "practice/1f.jpg"
MEGABYTE = 1024 * 1024


pytestmark = pytest.mark.usefixtures("disk")


def taken(upload: SimpleUploadedFile) -> Image.Image:
    image = Image.open(BytesIO(media.prepared(upload).read()))
    image.load()
    return image


def colour(image: Image.Image, part: float) -> tuple[int, ...]:
    """Return the colour at this part of the width, freed of what JPEG's rounding does."""
    pixel = image.getpixel((int(image.width * part), image.height // 2))
    return tuple(255 if value > 250 else 0 if value < 5 else value for value in pixel)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_picture_becomes_a_progressive_jpeg(form):
    image = taken(pictures.upload(pictures.halves(), form, quality=95))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (1600, 900))
    assert image.info["progressive"]


@pytest.mark.parametrize(
    ("size", "becomes"),
    [((1200, 600), (1200, 600)), ((2400, 1800), (2400, 1800)), ((7000, 3500), (2400, 1200))],
)
def test_large_picture_is_scaled_down_and_small_one_stays(size, becomes):
    assert taken(pictures.upload(pictures.halves(*size))).size == becomes


def test_camera_photo_is_upright_and_tells_nothing():
    upload = pictures.from_a_camera()
    stored = media.prepared(upload).read()
    image = Image.open(BytesIO(stored))
    assert (image.size, colour(image, 0.25), colour(image, 0.75)) == ((1600, 900), RED, BLUE)
    assert not {"exif", "icc_profile", "xmp", "comment"} & set(image.info)
    assert dict(image.getexif()) == {}
    for said in (b"Exif", b"ICC_PROFILE", b"ns.adobe.com", b"Smith"):
        assert said in upload.open().read()
        assert said not in stored


def test_colours_are_those_that_the_profile_means():
    image = taken(pictures.upload(pictures.halves(), icc_profile=pictures.swapped()))
    assert (colour(image, 0.25), colour(image, 0.75)) == (BLUE, RED)


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200])
def test_broken_profile_is_passed_over(profile):
    assert colour(taken(pictures.upload(pictures.halves(), icc_profile=profile)), 0.25) == RED


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_profile_of_other_colours_is_passed_over(mode):
    picture = pictures.halves().convert(mode)
    assert taken(pictures.upload(picture, icc_profile=pictures.srgb())).mode == "RGB"


def plain(mode: str, colour: object, form: str = "PNG") -> SimpleUploadedFile:
    return pictures.upload(Image.new(mode, SIZE, colour), form)


def deep(*, colour: int, pixel: bytes) -> SimpleUploadedFile:
    """Return a PNG with 16 bits for each colour."""
    return pictures.upload(pictures.png(*SIZE, depth=16, colour=colour, row=pixel * SIZE[0]))


ODD = {
    "CMYK": (lambda: plain("CMYK", (0, 255, 255, 0), "JPEG"), RED),
    "grey": (lambda: plain("L", 255, "JPEG"), WHITE),
    "black and white": (lambda: plain("1", 1), WHITE),
    "transparent": (lambda: plain("RGBA", (0, 255, 0, 0)), WHITE),
    "transparent WebP": (lambda: plain("RGBA", (0, 255, 0, 0), "WEBP"), WHITE),
    "transparent grey": (lambda: plain("LA", (0, 0)), WHITE),
    "palette": (lambda: pictures.upload(pictures.halves().quantize(), "PNG"), BLUE),
    "transparent palette": (
        lambda: pictures.upload(Image.new("P", SIZE), "PNG", transparency=0),
        WHITE,
    ),
    "16 bits of grey": (lambda: deep(colour=0, pixel=b"\x80\0"), (128, 128, 128)),
    "16 bits of each colour": (lambda: deep(colour=2, pixel=b"\0\0\xff\xff\0\0"), GREEN),
    "animated WebP": (lambda: pictures.animated("WEBP", lossless=True), RED),
    "animated PNG": (lambda: pictures.animated("PNG"), RED),
    "two photos in one file": (lambda: pictures.animated("MPO"), RED),
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_picture_is_taken_as_it_looks(kind):
    made, looks = ODD[kind]
    image = taken(made())
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", SIZE)
    assert colour(image, 0.75) == looks


PHOTO = pictures.photo().read()
NONE = "This file is none, or it is damaged."
BAD = {
    "SVG": (b"<svg xmlns='http://www.w3.org/2000/svg' width='1600' height='900'/>", NONE),
    "page named .jpg": (b"<!doctype html><script>alert(1)</script>", NONE),
    "GIF": (pictures.upload(pictures.halves(), "GIF").read(), NONE),
    "TIFF": (pictures.upload(pictures.halves(), "TIFF").read(), NONE),
    "EPS": (pictures.upload(pictures.halves(), "EPS").read(), NONE),
    "cut off": (PHOTO[: len(PHOTO) // 2], NONE),
    "header only": (PHOTO[:300], NONE),
    "PNG cut off": (pictures.png(*SIZE, depth=8, colour=2), NONE),
    "nothing": (b"", NONE),
    "too many bytes": (PHOTO + bytes(10 * MEGABYTE), "at most 10 MB"),
    "41 megapixels": (pictures.png(8200, 5000, depth=8, colour=2), "at most 40 megapixels"),
    "100 megapixels": (pictures.png(20000, 5000, depth=1, colour=0), "at most 40 megapixels"),
    "a bomb": (pictures.png(60000, 60000, depth=1, colour=0), "at most 40 megapixels"),
    "narrow": (pictures.photo(width=1199).read(), "at least 1200 × 600"),
    "low": (pictures.photo(height=599).read(), "at least 1200 × 600"),
    "square": (pictures.photo(width=1600, height=1600).read(), "wider than high"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_for_the_page_is_refused(kind):
    content, why = BAD[kind]
    with pytest.raises(ValidationError) as refused:
        media.prepared(pictures.upload(content))
    assert why in refused.value.message


def test_photo_that_is_upright_when_turned_is_refused():
    exif = Image.Exif()
    exif[0x0112] = 6
    with pytest.raises(ValidationError, match="wider than high"):
        media.prepared(pictures.upload(pictures.halves(), exif=exif))


def test_ten_megabytes_are_taken():
    assert taken(pictures.upload(PHOTO + bytes(10 * MEGABYTE - len(PHOTO)))).size == SIZE


def test_names_are_ours_and_never_the_same():
    names = {media.fresh_name(None, pictures.NAME) for _ in range(100)}
    assert len(names) == 100
    assert all(name.startswith("practice/") and "Smith" not in name for name in names)


class TestDisk:
    def test_smaller_ones_are_made_and_deleted_with_it(self, disk):
        assert media.storage().save(NAME, media.prepared(pictures.photo())) == NAME
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
        media.storage().save(NAME, media.prepared(pictures.photo()))
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
        content = media.prepared(pictures.photo())
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
        self.storage(cloud).save(NAME, media.prepared(pictures.photo()))
        assert SECRET not in str(cloud.asked)

    @pytest.mark.parametrize("which", [{"secret": "another"}, {"key": "999"}])
    def test_stranger_stores_and_deletes_nothing(self, cloud, which):
        self.storage(cloud).save(NAME, media.prepared(pictures.photo()))
        before = dict(cloud.stored)
        stranger = self.storage(cloud, **which)
        with pytest.raises(media.NotStored):
            stranger.save("practice/2f.jpg", media.prepared(pictures.photo()))
        with pytest.raises(media.NotStored):
            stranger.delete(NAME)
        assert cloud.stored == before

    def test_what_cloudinary_cannot_read_is_refused(self, cloud):
        with pytest.raises(media.NotStored):
            self.storage(cloud).save(NAME, ContentFile(b"no picture"))

    def test_deleted_twice_is_deleted(self, cloud):
        storage = self.storage(cloud)
        storage.save(NAME, media.prepared(pictures.photo()))
        storage.delete(NAME)
        storage.delete(NAME)
        assert cloud.stored == {}

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
