"""What browsers are told that a page may load, and what no page may use."""

from urllib.parse import urlsplit

from .environment import account

SELF, NONE = "'self'", "'none'"

# What no page uses, for itself and for whatever would get into it; passkeys stay ours.
PERMISSIONS = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                *("accelerometer", "browsing-topics", "camera", "display-capture"),
                *("geolocation", "gyroscope", "magnetometer", "microphone", "midi"),
                *("payment", "screen-wake-lock", "usb", "xr-spatial-tracking"),
            )
        ),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)


def content_security_policy(*, pictures: str, https: bool) -> dict[str, object]:
    """Return django-csp's settings: what is not named here is not loaded.

    `pictures` is CLOUDINARY_URL, "" where pictures are our own. Bootstrap draws its controls with
    images in its style sheet, and a second factor shows its code as one: hence `data:`.
    """
    directives: dict[str, object] = {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", *([_origin(pictures)] if pictures else [])],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
    if https:
        directives["upgrade-insecure-requests"] = True
    return {"DIRECTIVES": directives}


def _origin(pictures: str) -> str:
    """Return the origin that Cloudinary serves this account's pictures from."""
    from cloudinary import utils  # which reads CLOUDINARY_URL itself, and raises what it likes

    address, _rest = utils.cloudinary_url("picture", **(account(pictures) | {"secure": True}))
    return "{0.scheme}://{0.netloc}".format(urlsplit(address))
