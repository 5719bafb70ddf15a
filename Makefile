# The commands of assay's house. `make demo` and `make test` are the two of the README; both set everything up.

VENV   := .venv
BIN    := $(VENV)/bin
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$python" && break; done)
LOCKS  := $(filter-out requirements/fuzz.txt,$(wildcard requirements/*.txt))
STAMP  := $(VENV)/.set-up
PYTEST_ARGS ?=

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_NO_INPUT := 1

.PHONY: help setup demo test lint bench fuzz docs interop image system clean lock
.DEFAULT_GOAL := help

help:  ## Lists the targets.
	@sed -nE 's/^([a-z]+):.*  ## (.*)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
		printf '  make %-8s %s\n' "$$name" "$$what"; done

setup: $(STAMP)  ## Puts assay, every extra and what tests need into .venv; needs no root.

$(STAMP): $(LOCKS) pyproject.toml
	@test -n "$(PYTHON)" || { echo "assay needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3" >&2; exit 1; }
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --no-compile --require-hashes $(LOCKS:%=-r %)
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m tools.bytecode
	@touch $@

demo: setup  ## Builds a small container image, writes its SBOM and findings, signs them, holds images to a policy.
	@$(BIN)/python -m demo

test: setup  ## Runs every test; installs distribution packages first where it may.
	@sh tools/system.sh
	@$(BIN)/python -m tools.image --fetch || echo "the image of deploy/image is not tested" >&2
	@$(BIN)/python -m tools.crates || echo "crates of others are not tested with" >&2
	@sh tools/test.sh $(BIN)/python $(PYTEST_ARGS)

lint: setup  ## Checks style, types, import contracts and that the generated docs are current.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src tests demo fuzz tools bench
	$(BIN)/lint-imports
	$(BIN)/python -m tools.docs --check
	$(BIN)/python -m tools.policy_schemas --check

docs: setup  ## Writes the generated pages under docs/reference.
	@$(BIN)/python -m tools.docs

bench: setup  ## Measures assay against its peers; long, and needs go.
	@$(BIN)/python -m bench

fuzz: setup  ## Runs every fuzz harness for FUZZ_SECONDS (60) seconds.
	@$(BIN)/python -m pip install --quiet --require-hashes -r requirements/fuzz.txt || \
		echo "atheris is not to be had here: fuzzing without coverage" >&2
	@$(BIN)/python -m fuzz

interop: setup  ## Lets real peers read what assay writes; slow, and needs go.
	@$(BIN)/python -m pytest tests/interop -m interop -s -q

image: setup  ## Builds a small container image of assay from scratch, and lists, scans and signs it.
	@$(BIN)/python -m tools.image

system:  ## Installs the distribution packages that some tests want; needs root.
	@sh tools/system.sh --required

lock:  ## Pins all dependencies anew; needs uv.
	@sh tools/lock.sh

clean:  ## Removes what the other targets made.
	rm -rf $(VENV) build dist demo/.build bench/.build deploy/.build fuzz/.corpus .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
