"""Where a notice waits for the next page."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookie(CookieStorage):
    """Django's, under a name that binds it to this host as the session's does."""

    cookie_name = settings.SESSION_COOKIE_NAME.replace("sessionid", "messages")


class Storage(FallbackStorage):
    """Django's default, with our cookie in its place: a booking writes no session for a notice."""

    storage_classes = (HostCookie, SessionStorage)
