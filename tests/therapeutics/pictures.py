"""Pictures to upload: good ones, odd ones, and files that only look like one."""

import struct
import zlib
from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

NAME = "Mrs Smith on 3 May.jpg"
SIZE = (1600, 900)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def halves(width: int = 1600, height: int = 900) -> Image.Image:
    """Return a picture that is red on the left and blue on the right."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def upload(image: Image.Image | bytes, form: str = "JPEG", **options: object) -> SimpleUploadedFile:
    """Return an upload of the picture in a format, or of bytes as they are."""
    if isinstance(image, bytes):
        return SimpleUploadedFile(NAME, image, "image/jpeg")
    file = BytesIO()
    image.save(file, form, **options)
    return SimpleUploadedFile(NAME, file.getvalue(), "image/jpeg")


def photo(**size: int) -> SimpleUploadedFile:
    return upload(halves(**size))


def srgb() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped() -> bytes:
    """Return the profile of a device whose red is sRGB's blue, and the other way round."""
    profile = srgb().replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ")
    return profile.replace(b"....", b"bXYZ")


def from_a_camera() -> SimpleUploadedFile:
    """Return a photo that lies on its side and tells where, when and by whom it was taken."""
    image = halves().transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° to the right
    exif[0x010F] = "A camera of Smith's"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    return upload(
        image,
        exif=exif,
        icc_profile=srgb(),
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>by Smith</x:xmpmeta>",
        comment=b"a comment by Smith",
    )


def png(width: int, height: int, *, depth: int, colour: int, row: bytes = b"") -> bytes:
    """Return a PNG whose header says this; without a row there is hardly anything in it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = zlib.compress((b"\0" + row) * height if row else b"\0")
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


def animated(form: str, **options: object) -> SimpleUploadedFile:
    """Return a picture that is red first, and then blue."""
    blue = Image.new("RGB", SIZE, BLUE)
    return upload(Image.new("RGB", SIZE, RED), form, save_all=True, append_images=[blue], **options)
