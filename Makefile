# GNU make. Nothing is needed but Python 3.11 or later with its venv module; everything else goes into .venv.
# All paths are relative, so that the checkout may lie below a folder with spaces in its name.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13 python3.14; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PIP := .venv/bin/python -m pip --disable-pip-version-check --no-input --quiet --quiet install --retries 8 --prefer-binary
RUN := .venv/bin/python
CORES ?= 2
ARGS ?=
STAMP ?= run

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
.PHONY: help demo up test test-long check format bench pictures messages tag clean install

help:  ## show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' Makefile

demo: .venv/run.stamp  ## fill the database with a plausible shop and show what it says
	@$(RUN) manage.py demo $(ARGS)

up: .venv/run.stamp  ## run the whole portal on PORT (8000); Ctrl-C ends it
	@$(RUN) manage.py up $(ARGS)

test: .venv/test.stamp  ## run the tests
	@$(RUN) -m pytest -n $(CORES) $(ARGS)

test-long: .venv/test.stamp  ## run the tests that take minutes
	@$(RUN) -m pytest -n $(CORES) -m long $(ARGS)

check: .venv/test.stamp  ## run the linters, the type checker and Django's own checks
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy
	@$(RUN) -c 'from importlinter.cli import lint_imports_command as main; main()' --no-logo
	@$(RUN) manage.py makemigrations --check --dry-run
	@$(RUN) manage.py check --fail-level WARNING
	@$(RUN) -m tests.guards.size

format: .venv/test.stamp  ## put the source into shape
	@$(RUN) -m ruff check --fix .
	@$(RUN) -m ruff format .

bench: .venv/test.stamp  ## measure, and print the figures with the machine they are from
	@$(RUN) -m tests.bench $(ARGS)

pictures: .venv/test.stamp  ## make the documentation's pictures of the screens anew
	@$(RUN) -m tests.pictures $(ARGS)

messages: .venv/test.stamp  ## bring the translations below locale/ up to date, and compile them
	@$(RUN) -m tests.messages

tag: .venv/test.stamp  ## build static/tag/tag.js from its source (needs Node.js with npm)
	@$(RUN) -m tools.tag.build

clean:  ## stop the servers and remove .venv, caches and test data; your data in var/ stays
	@for home in var var/test; do \
		if [ -e "$$home/embedded.lock" ] && [ -x .venv/bin/python ]; then \
			$(RUN) -m apps.core.embedded stop --home "$$home" >/dev/null; fi; done
	@rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage var/test
	@find apps config tests -name __pycache__ -prune -exec rm -rf {} +

# A venv that was moved or whose Python is gone is made anew. Of two makes at once the second waits for the first.
ONCE := $(shell command -v flock >/dev/null 2>&1 && echo flock requirements)
.venv/run.stamp .venv/test.stamp: .venv/%.stamp: requirements/%.txt
	@$(ONCE) $(MAKE) STAMP=$* install

install:
	@.venv/bin/python -c '' 2>/dev/null || { \
		test -n "$(PYTHON)" || { \
			echo "Python 3.11 or later is needed. Debian: apt install python3 python3-venv" >&2; exit 1; }; \
		$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
			echo "$(PYTHON) has no venv module. Debian: apt install python3-venv (or name another: make PYTHON=...)" >&2; \
			exit 1; }; \
		$(PYTHON) -m venv --clear .venv; }
	@.venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
	@test .venv/$(STAMP).stamp -nt requirements/$(STAMP).txt || { \
		echo "Installing requirements/$(STAMP).txt into .venv (about a minute the first time)"; \
		$(PIP) --require-hashes -r requirements/$(STAMP).txt || { echo "Trying once more" >&2; sleep 5; \
			$(PIP) --require-hashes -r requirements/$(STAMP).txt; }; } && touch .venv/$(STAMP).stamp
