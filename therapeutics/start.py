"""What a web process looks at before it serves: gunicorn.conf.py asks."""

import logging.config
from types import ModuleType

import redis

logger = logging.getLogger(__name__)


def check(settings: ModuleType) -> None:
    """End the start with one line where no page could be shown; warn where only some fail."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not (settings.DEBUG or manifest.is_file()):
        raise SystemExit(
            "Static files are missing: run `python manage.py collectstatic --noinput` first"
            " (on Heroku DISABLE_COLLECTSTATIC must not be set)"
        )
    if settings.REDIS_URL and not redis_answers(settings):
        # Redis may come back; refusing to start would only make more of the site go away.
        logging.config.dictConfig(settings.LOGGING)
        logger.warning("Redis does not answer; nobody can sign in until it does")


def redis_answers(settings: ModuleType) -> bool:
    """Tell whether the Redis of REDIS_URL answers, on a connection that is closed again."""
    options = settings.CACHES["default"]["OPTIONS"]
    try:
        with redis.Redis.from_url(settings.REDIS_URL, **options) as server:
            return bool(server.ping())
    except redis.RedisError:
        return False
