"""The site's own settings, with addresses to compare with."""

from therapeutics.settings import *  # noqa: F403  # all of them, as they are

ROOT_URLCONF = "benchmarks.urls"
