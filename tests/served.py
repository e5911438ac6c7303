"""The settings of the site that browsers are shown: the site's own, but for cheap passwords."""

from therapeutics.settings import *  # noqa: F403 - they are all of them meant

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
