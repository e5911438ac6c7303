"""What is taken as a picture, and what is made of it."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from tests.therapeutics import pictures
from tests.therapeutics.pictures import BLUE, GREEN, RED, SIZE, WHITE
from therapeutics import uploads

pytestmark = pytest.mark.once

MEGABYTE = 1024 * 1024


def taken(upload: SimpleUploadedFile) -> Image.Image:
    image = Image.open(BytesIO(uploads.prepared(upload).read()))
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
    stored = uploads.prepared(upload).read()
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
    "41 megapixels": (pictures.photo(width=8200, height=5000).read(), "at most 40 megapixels"),
    "17 that are decoded whole": (
        pictures.png(5000, 3400, depth=8, colour=2),
        "at most 16 megapixels",
    ),
    "17 of four colours": (
        pictures.upload(Image.new("CMYK", (5000, 3400))).read(),
        "at most 16 megapixels",
    ),
    "100 megapixels": (pictures.png(20000, 5000, depth=1, colour=0), "at most 40 megapixels"),
    "a bomb": (pictures.png(60000, 60000, depth=1, colour=0), "at most 40 megapixels"),
    "narrow": (pictures.photo(width=1199).read(), "at least 1200 × 600"),
    "low": (pictures.photo(height=599).read(), "at least 1200 × 600"),
    "a strip": (pictures.photo(width=2600, height=640).read(), "4 times at most"),
    "square": (pictures.photo(width=1600, height=1600).read(), "wider than high"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_picture_for_the_page_is_refused(kind):
    content, why = BAD[kind]
    with pytest.raises(ValidationError) as refused:
        uploads.prepared(pictures.upload(content))
    assert why in refused.value.message


def test_photo_that_is_upright_when_turned_is_refused():
    exif = Image.Exif()
    exif[0x0112] = 6
    with pytest.raises(ValidationError, match="wider than high"):
        uploads.prepared(pictures.upload(pictures.halves(), exif=exif))


@pytest.mark.parametrize("orientation", [0, 9, 10, 99])
def test_orientation_that_does_not_exist_is_passed_over(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = taken(pictures.upload(pictures.halves(), exif=exif))
    assert (image.size, colour(image, 0.25)) == (SIZE, RED)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "JPEG"])
def test_damaged_exif_is_passed_over(form):
    upload = pictures.upload(pictures.halves(), form, exif=b"Exif\0\0no such thing")
    assert taken(upload).size == SIZE


def test_comment_beside_no_profile_is_left_out():
    upload = pictures.upload(pictures.halves(), comment=b"a comment by Smith")
    assert b"Smith" in upload.open().read()
    assert b"Smith" not in uploads.prepared(upload).read()


def test_ten_megabytes_are_taken():
    assert taken(pictures.upload(PHOTO + bytes(10 * MEGABYTE - len(PHOTO)))).size == SIZE
