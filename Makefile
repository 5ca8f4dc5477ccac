# Needs Python 3.11 or newer, and nothing else: every target makes the virtual environment that it runs in.
# `demo` and `up` use .venv-demo, all others .venv-test; both hold exactly what requirements.lock says, checked by hash.

PYTHON ?= $(shell for python in python3.11 python3.12 python3.13 python3; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$python" && break; done)
DEMO := .venv-demo
TEST := .venv-test
RUN := $(TEST)/bin/python

.DEFAULT_GOAL := help
.PHONY: help demo up test check unit integration faults mutations bench year docs lock

help: ## Say what there is
	@awk -F ': .*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(DEMO)/installed ## Real builds, and real installs through the gateway [DOMAIN=builds|downloads] [KEEP=1: leave it up]
	@$(DEMO)/bin/headcount demo $(if $(DOMAIN),--domain $(DOMAIN)) $(if $(KEEP),--keep)

up: $(DEMO)/installed ## The local stack in the foreground; Ctrl-C stops all of it
	@$(DEMO)/bin/headcount up

test: lint faults ## Everything that must pass before a commit lands
	@$(RUN) -m pytest -n 2 --dist loadfile

check: lint unit ## ruff, mypy --strict, unit tests: the quick loop

.PHONY: lint
lint: $(TEST)/installed
	@$(RUN) -m ruff check .
	@$(RUN) -m ruff format --check .
	@$(RUN) -m mypy

unit: $(TEST)/installed ## Unit tests: in memory, seconds
	@$(RUN) -m pytest tests/unit

integration: $(TEST)/installed ## Tests on a real Kafka and a real Postgres, and of the command line
	@$(RUN) -m pytest tests/integration tests/system

faults: $(TEST)/installed ## Kill, freeze and restart everything under load, then compare with the truth [SEEDS=2] [FIRST=1]
	@$(RUN) -m tests.faults --seeds $(or $(SEEDS),2) --first $(or $(FIRST),1)

mutations: $(TEST)/installed ## Ten thousand broken outputs through every collector of builds [COUNT=10000] [FIRST=1]
	@$(RUN) -m tests.mutations $(or $(COUNT),10000) $(or $(FIRST),1)

bench: $(TEST)/installed ## Measure, beside a peer in the same run [ONLY=name]
	@$(RUN) -m benchmarks $(if $(ONLY),--only $(ONLY))

year: $(TEST)/installed ## A synthetic year of builds, and how long every view takes on it; a quarter of an hour and 8 GB [DAYS=365]
	@nice -n 10 $(RUN) -m benchmarks.year $(if $(DAYS),--days $(DAYS))

docs: $(TEST)/installed ## Write the pages of docs/ that come from the code
	@$(RUN) -m tests.unit.house.pages

lock: $(TEST)/installed ## Write requirements.lock anew from the bounds in pyproject.toml
	@printf 'hatchling>=1.27,<2\neditables\n' | $(TEST)/bin/uv pip compile --quiet --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-annotate --no-header --extra all --extra dev pyproject.toml - -o requirements.lock

# Removed first, so that an environment never holds what an older lock put there.
%/installed: requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer\n  where: PATH\n  what to do: install one, or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "making $* (a minute the first time)" >&2
	@rm -rf $*
	@$(PYTHON) -m venv $*
	@$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@$*/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
