"""What browsers are told that a page may load, and what no page may use."""

from .environment import account

SELF, NONE = "'self'", "'none'"
SHARED = "res.cloudinary.com"

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
        "img-src": [SELF, "data:", *(_origins(pictures) if pictures else [])],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
    if https:
        directives["upgrade-insecure-requests"] = True
    return {"DIRECTIVES": directives}


def _origins(address: str) -> list[str]:
    """Return the origins from which Cloudinary serves this account's pictures.

    The `cloudinary` package, whose rule this is (`utils.unsigned_download_url_prefix`), cannot be
    asked: it reads Django's settings when it is imported, and they are only being made.
    """
    options = account(address)
    own = f"{options['cloud_name']}-{SHARED}" if options.get("private_cdn") else SHARED
    host = options.get("secure_distribution") or own
    spread = "secure_cdn_subdomain", *(["cdn_subdomain"] if host == SHARED else [])
    if not any(options.get(name) for name in spread):
        return [f"https://{host}"]
    return [f"https://{host.replace(SHARED, f'res-{n}.cloudinary.com')}" for n in range(1, 6)]
