# One command runs the product (`make run`), one tests it (`make test`); `make help` lists all.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory
# Where it is set, every process compiles all modules and tests anew: seconds for each worker.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_WORKERS ?= auto
TEST_DATABASE_URL ?= postgresql://postgres@127.0.0.1:5432/postgres
TEST_REDIS_URL ?= redis://127.0.0.1:6379/9

# The machine's npm, else the one that requirements-node.txt installs.
NPM := $(shell command -v npm 2>/dev/null || echo $(BIN)/npm)
CHROMIUM := $(shell command -v chromium chromium-browser google-chrome 2>/dev/null | head -n 1)

.PHONY: help run test test-postgres test-whole lint format build messages requirements install clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
	  | awk -F '\t' '{printf "  make %-14s %s\n", $$1, $$2}'

# --- Installing: each stamp is as new as the list it was installed from ------------------------

$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: PYTHON=python3.12 make run" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/product.stamp: requirements.txt | $(BIN)/pip
	$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/tools.stamp: requirements.txt requirements-dev.txt | $(VENV)/product.stamp
	$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@

$(BIN)/npm: | $(BIN)/pip
	$(BIN)/pip install -qq --disable-pip-version-check --require-hashes -r requirements-node.txt

node_modules/packages.stamp: package.json package-lock.json | $(NPM)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

install: $(VENV)/product.stamp node_modules/packages.stamp

# --- Running -----------------------------------------------------------------------------------

run: export DEMONSTRATION ?= true
run: install ## Install, build, migrate and run everything on http://localhost:8000 (PORT=…)
	@exec $(BIN)/python manage.py serve

build: install ## Compile translations and build the static files (for a deployment)
	@$(BIN)/python manage.py build

# --- Testing -----------------------------------------------------------------------------------

# What tests use of the build: translations and the icon sprite.
.PHONY: test-files
test-files: install $(VENV)/tools.stamp
	@DEMONSTRATION=true VIPCRM_VAR=var $(BIN)/python manage.py compile_catalogues
	@DEMONSTRATION=true VIPCRM_VAR=var $(BIN)/python manage.py build_icons

test: test-files ## Install and run every test that needs no server and no browser
	$(BIN)/pytest -n $(PYTEST_WORKERS) --durations=10 -m "not postgres and not redis and not whole"

test-whole: test-files ## The whole product: in a real Chromium, with all its processes, the API at its limits
	@test -n "$(CHROMIUM)" || { echo "No Chromium found: install chromium." >&2; exit 1; }
	@echo "The browser is $(CHROMIUM)."
	$(BIN)/pytest -n $(PYTEST_WORKERS) -m "whole and not postgres and not redis"

test-postgres: export DATABASE_URL = $(TEST_DATABASE_URL)
test-postgres: export REDIS_URL = $(TEST_REDIS_URL)
test-postgres: test-files ## The same on PostgreSQL and Redis (TEST_DATABASE_URL, TEST_REDIS_URL)
	$(BIN)/pytest -n $(PYTEST_WORKERS) -m "not sqlite and (not whole$(if $(CHROMIUM), or postgres))"

lint: $(VENV)/tools.stamp node_modules/packages.stamp ## Style, types, import contracts, templates, missing migrations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint templates --lint --quiet
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

format: $(VENV)/tools.stamp ## Format the code
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

ifneq ($(wildcard bench/__main__.py),)
.PHONY: bench
N ?= 100000
bench: $(VENV)/tools.stamp ## Measure pages, jobs and imports against their budgets
	@$(BIN)/python -m bench -n $(N) $(BENCH_OPTIONS)
endif

# --- Upkeep ------------------------------------------------------------------------------------

CATALOGUE := locale/zh_Hans/LC_MESSAGES/django.po
messages: export DJANGO_SETTINGS_MODULE = tests.settings
messages: $(VENV)/tools.stamp ## Collect texts for translation (needs gettext) and compile them
	$(BIN)/python manage.py makemessages --locale zh_Hans --no-wrap --no-obsolete --add-location file \
	  --ignore node_modules --ignore $(VENV) --ignore var --ignore tests --ignore bench
	sed -i.old '/^"POT-Creation-Date:/d' $(CATALOGUE)
	rm $(CATALOGUE).old
	$(BIN)/python manage.py compile_catalogues

UV_COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-emit-index-url
requirements: $(VENV)/tools.stamp ## Pin the requirements anew (UPGRADE=1 takes newer versions)
	for list in requirements requirements-dev requirements-node; do \
	  $(UV_COMPILE) $(if $(UPGRADE),--upgrade) $$list.in --output-file $$list.txt; \
	done

clean: ## Remove everything that make installed or built; keeps the database in var/
	rm -rf $(VENV) node_modules var/static var/build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find locale -name '*.mo' -delete
