"""All settings. Every environment variable is read here, and a bad one stops the start."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.http.request import validate_host

from . import headers, logs
from .environment import Environment, cache, is_account, is_address, is_origin, is_sender, is_url
from .node_files import NODE_FILES as NODE_FILES

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(BASE_DIR / ".env")

# What this process is

DEBUG = env.read(env.bool, "DEBUG", False)
HEROKU = bool(env.read(env.str, "DYNO", ""))  # each of its processes is told its name
if HEROKU and DEBUG:
    env.stop("DEBUG", "must be off on Heroku, where everybody can reach the site")

SECRET_KEY = env.required("SECRET_KEY", DEBUG and "django-insecure-only-for-debug-on-this-machine")
if not DEBUG and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5):
    env.stop("SECRET_KEY", "is too short: use at least 50 random characters")

ALLOWED_HOSTS = env.listed("ALLOWED_HOSTS", DEBUG and "localhost,127.0.0.1,[::1]")
SITE_URL = env.required("SITE_URL", DEBUG and "http://127.0.0.1:8000").rstrip("/")
if not is_origin(SITE_URL):
    env.stop("SITE_URL", "must look like https://www.example.org")
if not validate_host(urlsplit(SITE_URL).hostname or "", ALLOWED_HOSTS):
    env.stop("SITE_URL", "names a host that ALLOWED_HOSTS does not list")
HTTPS = SITE_URL.startswith("https://")
if not (DEBUG or HTTPS or urlsplit(SITE_URL).hostname in {"localhost", "127.0.0.1"}):
    env.stop("SITE_URL", "must start with https:// when DEBUG is off")
CSRF_TRUSTED_ORIGINS = env.listed("CSRF_TRUSTED_ORIGINS", DEBUG and SITE_URL)
if not all(is_origin(origin) for origin in CSRF_TRUSTED_ORIGINS):
    env.stop("CSRF_TRUSTED_ORIGINS", "must list origins such as https://www.example.org")
TRUSTED_PROXY_COUNT = env.read(env.int, "TRUSTED_PROXY_COUNT", 0)
if TRUSTED_PROXY_COUNT < 0:
    env.stop("TRUSTED_PROXY_COUNT", "must be 0 or more")

# Parts

INSTALLED_APPS = [
    "allauth",  # before ours, whose pages in Site admin take the place of theirs
    "allauth.account",
    "allauth.mfa",
    "invitations",
    "post_office",
    "therapeutics.apps.TherapeuticsConfig",
    "accounts.apps.AccountsConfig",
    "appointments.apps.AppointmentsConfig",
    "therapeutics.apps.SiteAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "crispy_forms",
    "crispy_bootstrap5",
]

MIDDLEWARE = [
    "therapeutics.middleware.traced",
    "therapeutics.middleware.hardened",
    "csp.middleware.CSPMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "therapeutics.middleware.bounded",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "accounts.middleware.refusals",
    "accounts.middleware.idle",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "accounts.middleware.SecondFactor",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.AllauthAnswers",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "therapeutics.urls"
WSGI_APPLICATION = "therapeutics.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "therapeutics.context_processors.practice",
                "therapeutics.context_processors.idle",
            ],
        },
    },
]

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# Data

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

DATABASES = {"default": env.database("DATABASE_URL", f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
if HEROKU and DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    env.stop("DATABASE_URL", "must name a PostgreSQL database on Heroku, whose disks forget")

REDIS_URL = env.read(env.str, "REDIS_URL", "")
if REDIS_URL and not is_url(REDIS_URL, "redis", "rediss"):
    env.stop("REDIS_URL", "must look like redis://localhost:6379/0")
CACHES = {"default": cache(REDIS_URL, own_certificate=HEROKU)}

# People

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.PersonBackend"]
_validators = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": f"{_validators}.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "name", "email")},
    },
    {"NAME": f"{_validators}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{_validators}.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "appointments:list"
PASSWORD_RESET_TIMEOUT = 24 * 60 * 60

ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "add_email": "accounts.forms.ChangeEmailForm",
}
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # an invitation has verified it
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = True
ACCOUNT_LOGOUT_REDIRECT_URL = "home"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USER_DISPLAY = "accounts.adapters.display_name"
# Passwords are counted by accounts.limits; what stays here is for codes of a second factor.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "login_failed": "10/m/ip,5/300s/key",
    "reset_password": "20/m/ip",
    "reset_mail": "5/h/key",  # ours: beyond it the page answers the same, and nothing is sent
    "confirm_email": "5/h/key",
    "manage_email": "20/h/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT

MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "reauthenticate": "accounts.forms.ReauthenticateCodeForm",
    "activate_totp": "accounts.forms.ActivateAppForm",
    "authenticate_webauthn": "accounts.forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.forms.ReauthenticatePasskeyForm",
    "login_webauthn": "accounts.forms.PasskeySignInForm",
    "add_webauthn": "accounts.forms.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.EditPasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody opens an account with somebody else's address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
REQUIRE_STAFF_MFA = env.read(env.bool, "REQUIRE_STAFF_MFA", not DEBUG)

INVITATIONS_INVITATION_MODEL = "accounts.Invitation"
INVITATIONS_INVITATION_EXPIRY = 7  # days

SESSION_ENGINE = "accounts.sessions"
STAFF_IDLE, CLIENT_IDLE = timedelta(minutes=30), timedelta(days=14)
SEEN_NOTED_EVERY = timedelta(minutes=1)
SESSION_COOKIE_AGE = int(CLIENT_IDLE.total_seconds())
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
# A browser takes such names only over https, for this very host and all of its paths.
_host = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_host}sessionid", f"{_host}csrftoken"
MESSAGE_STORAGE = "therapeutics.messages.Storage"

# Transport

# For gunicorn.conf.py. A platform that gives PORT routes to it from outside; without it, and
# with WEB_HOST=127.0.0.1, only this machine may call.
WEB_CONCURRENCY = env.read(env.int, "WEB_CONCURRENCY", 2)
if WEB_CONCURRENCY < 1:
    env.stop("WEB_CONCURRENCY", "must be 1 or more")
PORT = env.read(env.int, "PORT", None)
if PORT is not None and not 0 < PORT < 65_536:
    env.stop("PORT", "must be between 1 and 65535")
WEB_HOST = env.read(env.str, "WEB_HOST", "127.0.0.1" if PORT is None else "0.0.0.0")  # noqa: S104 - see above
if not is_address(WEB_HOST):
    env.stop("WEB_HOST", "must be an IP address of this machine, such as 127.0.0.1")
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
LARGEST_BODY = 11 * 1024 * 1024  # a form of Site admin: its picture has 10 MB at most
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
CSRF_FAILURE_VIEW = "therapeutics.views.csrf_failure"

# Language and time: the practice's

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.read(env.str, "TIME_ZONE", "Europe/London")
try:
    ZoneInfo(TIME_ZONE)
except (ValueError, OSError, KeyError):
    env.stop("TIME_ZONE", f"is not a known time zone: {TIME_ZONE!r}; Europe/London is one")

# Files

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "therapeutics.static_files.NodeModulesFinder",
]
NODE_MODULES = BASE_DIR / "node_modules"
MEDIA_URL = "media/"
MEDIA_ROOT = BASE_DIR / "media"
CLOUDINARY_URL = env.read(env.str, "CLOUDINARY_URL", "")
if CLOUDINARY_URL and not is_account(CLOUDINARY_URL, "cloudinary"):
    env.stop("CLOUDINARY_URL", "must look like cloudinary://key:secret@cloud")
CONTENT_SECURITY_POLICY = headers.content_security_policy(pictures=CLOUDINARY_URL, https=HTTPS)
STORAGES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "therapeutics.media.CloudinaryStorage",
        "OPTIONS": {"address": CLOUDINARY_URL},
    }
    if CLOUDINARY_URL
    else {"BACKEND": f"therapeutics.media.{'Disk' if DEBUG else 'Forgetful'}Storage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "therapeutics.static_files.HashedFiles"
    },
    "mail": {"BACKEND": "therapeutics.mail_files.DatabaseStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True

# Mail: everything is queued in the database, the worker delivers it

MAIL_DIR = BASE_DIR / "var" / "mail"
EMAIL_BACKEND = "post_office.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.read(env.str, "DEFAULT_FROM_EMAIL", "")
if DEFAULT_FROM_EMAIL and not is_sender(DEFAULT_FROM_EMAIL):
    env.stop("DEFAULT_FROM_EMAIL", "must look like: The practice <hello@example.org>")
_mail = env.mail("EMAIL_URL", DEBUG and f"file:///{MAIL_DIR}")
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
POST_OFFICE = {
    "BACKENDS": {"default": _mail["EMAIL_BACKEND"]},
    "DEFAULT_PRIORITY": "medium",
    "BATCH_SIZE": 1,
    "THREADS_PER_PROCESS": 1,
    "MAX_RETRIES": 100,
    "RETRY_INTERVAL": timedelta(minutes=15),  # a hundred of them are 25 hours
    "SENDING_ORDER": ["-priority", "id"],
    "FILE_STORAGE": "mail",
}
MAIL_GRACE = timedelta(minutes=3)  # a booking waits for a quick change: one mail tells both

# Logs

LOG_FORMAT = env.read(env.str, "LOG_FORMAT", "text" if DEBUG else "json")
if LOG_FORMAT not in {"json", "text"}:
    env.stop("LOG_FORMAT", f"must be json or text, not {LOG_FORMAT!r}")
LOGGING = logs.configuration(LOG_FORMAT)
