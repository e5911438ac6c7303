"""What is taken as a picture, and what is made of it before anybody keeps it."""

import logging
from io import BytesIO

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from PIL import Image, ImageCms, ImageOps

logger = logging.getLogger(__name__)

FORMATS = ("JPEG", "PNG", "WEBP")
MAX_MEGABYTES = 10
# A JPEG is decoded at a part of its size. The others are decoded whole, at 4 bytes a pixel and
# more: on a server of 512 MB that has to leave room for the site.
MAX_MEGAPIXELS, MAX_MEGAPIXELS_WHOLE = 40, 16
MIN_WIDTH, MIN_HEIGHT = 1200, 600
MAX_RATIO = 4  # of width to height
ON_ITS_SIDE = {5, 6, 7, 8}  # of Exif's orientations
MAX_SIDE = 2400
QUALITY = 85


def prepared(upload: File) -> ContentFile:
    """Return the picture as we keep it: a JPEG in sRGB, upright, without metadata.

    What the file is called and says about itself is not trusted, only its content is.
    Raises ValidationError when it is no picture for a page's top.
    """
    if (upload.size or 0) > MAX_MEGABYTES * 1024 * 1024:
        text = _("Choose a picture of at most %(megabytes)d MB.")
        raise ValidationError(text % {"megabytes": MAX_MEGABYTES})
    try:
        return ContentFile(encoded(_read(upload)), name="picture.jpg")
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(MAX_MEGAPIXELS) from error
    except Exception as error:  # a decoder fed with nonsense raises anything
        text = _("Choose a JPEG, PNG or WebP picture. This file is none, or it is damaged.")
        raise ValidationError(text) from error


def _read(upload: File) -> Image.Image:
    """Decode an upload no larger than needed; of an animated one, the first frame."""
    with Image.open(upload, formats=FORMATS) as image:
        _check_size(image)  # known from the header: nothing is decoded yet
        picture = _scalable(image)
        # The gap lets a JPEG be decoded at a half or a quarter: memory is small on small servers.
        picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS, reducing_gap=1.0)
        return _in_srgb(_upright(picture))


def _check_size(image: Image.Image) -> None:
    in_part = image.format == "JPEG" and image.mode != "CMYK"
    most = MAX_MEGAPIXELS if in_part else MAX_MEGAPIXELS_WHOLE
    if image.width * image.height > most * 1_000_000:
        raise _too_many_pixels(most)
    width, height = image.size[::-1] if _orientation(image) in ON_ITS_SIDE else image.size
    if width < MIN_WIDTH or height < MIN_HEIGHT or not height < width <= MAX_RATIO * height:
        text = _(
            "Choose a picture wider than high, %(ratio)d times at most,"
            " of at least %(width)d × %(height)d pixels."
        )
        sizes = {"width": MIN_WIDTH, "height": MIN_HEIGHT, "ratio": MAX_RATIO}
        raise ValidationError(text % sizes)


def _orientation(image: Image.Image) -> object:
    """Return how Exif says that the picture lies, 1 to 8; None where it says nothing."""
    try:
        return image.getexif().get(0x0112)
    except Exception:  # noqa: BLE001 - damaged Exif raises anything; the picture may be well
        return None


def _upright(picture: Image.Image) -> Image.Image:
    return ImageOps.exif_transpose(picture) if _orientation(picture) else picture


def _too_many_pixels(most: int) -> ValidationError:
    text = _("Choose a picture of at most %(megapixels)d megapixels.")
    return ValidationError(text % {"megapixels": most})


def _scalable(image: Image.Image) -> Image.Image:
    """Return the picture in colours that can be mixed, which those of a palette cannot."""
    if image.mode.startswith("I"):  # 16 bits of grey, which a conversion would cut off
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in {"1", "P", "PA"}:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    return image


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return opaque colours as a browser shows them when no profile is told."""
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    if image.mode not in {"L", "RGB", "CMYK"}:
        image = image.convert("RGB")
    if profile:
        try:
            source, srgb = ImageCms.getOpenProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
            image = ImageCms.profileToProfile(image, source, srgb, outputMode="RGB") or image
        except (ImageCms.PyCMSError, OSError):
            logger.info("A picture's colour profile was not usable.")
    return image.convert("RGB")


def encoded(picture: Image.Image) -> bytes:
    """Return the picture as a JPEG that tells nothing but its pixels."""
    picture.info = {}  # a comment or profile found here would be written
    file = BytesIO()
    picture.save(file, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return file.getvalue()
