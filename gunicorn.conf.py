"""How gunicorn serves the site: `gunicorn therapeutics.wsgi`.

WEB_CONCURRENCY, PORT, WEB_HOST and LOG_FORMAT steer it; the settings read them.
"""

from therapeutics import settings, start

# What would only show when a page is asked for ends the start instead, with one line.
start.check(settings)

wsgi_app = "therapeutics.wsgi"

# Heroku gives PORT and routes to it from outside; without it only this machine may call.
_host = f"[{settings.WEB_HOST}]" if ":" in settings.WEB_HOST else settings.WEB_HOST
bind = f"{_host}:{settings.PORT or 8000}"

# Two processes use the two cores of a small machine, and one answers while the other is renewed.
workers = settings.WEB_CONCURRENCY
# A thread waits for the database most of its time, so four keep a core busy. Each holds one
# database connection: 2 × 4 = 8 of the 20 that the smallest PostgreSQL plans allow.
worker_class = "therapeutics.serving.PatientWorker"
threads = 4

# Import once, then fork: workers share memory, start at once, and an environment that the
# settings refuse ends gunicorn with their one line, where workers would be respawned for ever.
# Safe because nothing connects to the database or starts a thread on import.
preload_app = True

# Heroku's router gives a request up after 30 seconds; a worker silent for longer is stuck.
timeout = 30
# Between SIGTERM and SIGKILL Heroku leaves 30 seconds: requests may take 20, the rest is reserve.
graceful_timeout = 20
# Heroku's router keeps idle connections for 90 seconds; ours must not be the first to close,
# or a request meets a connection that is just ending. An idle one occupies no thread.
keepalive = 95

# Bounds what a slow leak may grow to. The jitter keeps the workers from ending together.
max_requests = 20_000
max_requests_jitter = 2_000

# Errors and gunicorn's own notices, in the form of all other lines and without names in them; a
# line per request is the router's to write.
errorlog = "-"
accesslog = None
logconfig_dict = settings.LOGGING

# No second door into the process: signals are enough.
control_socket_disable = True
