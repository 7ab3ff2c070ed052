# `make` lists the targets. They need only python3 (3.11 or newer): each virtual environment is created
# from its lock file when a target first uses it.
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
ENV ?= default

# Lambda's Python: compiles the layers to bytecode and runs the built functions in `make e2e`. Each
# candidate is executed, because pyenv puts shims on the PATH even for versions that are not active.
ifndef LAMBDA_PYTHON
LAMBDA_PYTHON = $(shell for python in python3.13 ~/.pyenv/versions/3.13.*/bin/python; do \
  "$$python" -c '' 2>/dev/null && { echo "$$python"; break; }; done)
endif

include layers/bytecode.mk

SOURCES := $(CURDIR):$(CURDIR)/layers/click_to_dial/python
SAM := SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam

.PHONY: help
help: ## show this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

# One machine --------------------------------------------------------------------------------------

# `make run 3001` would start on port 3000, and look for a target 3001 afterwards.
ifneq ($(filter run simulator sam-local,$(firstword $(MAKECMDGOALS))),)
EXTRA := $(word 2,$(MAKECMDGOALS))
ifneq ($(EXTRA),)
$(error Name each value: make $(firstword $(MAKECMDGOALS)) \
  $(if $(filter %.json,$(EXTRA)),ORG,$(if $(filter %.yaml %.yml,$(EXTRA)),PLAN,PORT))=$(EXTRA))
endif
endif

.PHONY: run
run: .venv/run ## run the whole system on this machine [PORT=3000 ORG=… PLAN=… AUTH=key]
	@PYTHONPATH="$(SOURCES)" exec .venv/bin/python -m local_stack.run

.PHONY: simulator
simulator: .venv/run ## run only the Salesforce simulator [PORT=3001 ORG=…]
	@PYTHONPATH="$(SOURCES)" exec .venv/bin/python -m local_stack.salesforce \
	  $(if $(PORT),--port "$(PORT)") $(if $(ORG),--org "$(ORG)")

.PHONY: sam-local
sam-local: build ## run the built functions with sam local; needs Docker [PORT=3000 AUTH=key]
	@PYTHONPATH="$(SOURCES)" SAM_CLI_TELEMETRY=0 exec .venv/bin/python -m local_stack.sam_local $(OPTIONS)

# Checks -------------------------------------------------------------------------------------------

.PHONY: test
test: .venv/dev ## run the unit and integration tests
	@.venv/bin/python -m pytest

.PHONY: test-openapi
test-openapi: .venv/dev .venv-schemathesis/done ## test the API against docs/openapi.yaml with schemathesis
	@PYTHONPATH="$(SOURCES)" .venv/bin/python -m tests.openapi

.PHONY: test-dynalite
test-dynalite: .venv/dev tests/dynalite/node_modules ## test the DynamoDB adapters on dynalite; needs npm
	@PYTHONPATH="$(SOURCES)" .venv/bin/python -m tests.dynalite

.PHONY: test-browser
test-browser: .venv/browser tests/browser/node_modules ## test the console in Chromium; needs chromium-driver and npm
	@PYTHONPATH="$(SOURCES)" .venv/bin/python -m pytest tests/browser

tests/%/node_modules: tests/%/package-lock.json
	@npm --version >/dev/null || { echo "npm is missing: on Debian and Ubuntu apt install npm" >&2; exit 1; }
	@npm ci --prefix tests/$* --ignore-scripts --no-audit --no-fund --silent
	@touch $@

.PHONY: pictures
pictures: test-browser ## update the pictures in the documentation
	@cd docs/pictures && for picture in *.png; do cp "../../.local/pictures/$$picture" .; done

.PHONY: lint
lint: .venv/dev ## check code style with ruff
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check

.PHONY: types
types: .venv/dev ## check types with mypy
	@.venv/bin/mypy

.PHONY: validate
validate: .venv-sam/done ## check template.yaml with sam validate --lint
	@AWS_DEFAULT_REGION=$${AWS_DEFAULT_REGION:-eu-central-1} $(SAM) validate --lint

.PHONY: policy
policy: .venv-checkov/done ## check template.yaml with checkov; skipped checks are listed at each resource
	@.venv-checkov/bin/checkov --file template.yaml --framework cloudformation --compact --quiet \
	  --skip-download | awk '{ print } /^Passed checks: [1-9]/ && !/Parsing errors/ { checked = 1 } \
	  END { exit !checked }' # checkov itself succeeds if it cannot parse the template

.PHONY: e2e
e2e: build .venv/dev .venv-lambda/done ## test the built functions in Lambda's runtime emulator
	@LAMBDA_PYTHON="$(LAMBDA_PYTHON)" .venv/bin/python -m pytest tests/e2e

.PHONY: deployed
deployed: build .venv/dev .venv-aws/done ## rehearse the deployment on a local AWS [KEEP=1]
	@LAMBDA_PYTHON="$(LAMBDA_PYTHON)" PYTHONPATH="$(SOURCES)" .venv/bin/python \
	  -m $(if $(KEEP),tests.deployed,pytest tests/deployed)

.PHONY: attack
attack: .venv/dev ## attack the functions with storms, faults and hostile requests [SHORT=1 OPTIONS=…]
	@PYTHONPATH="$(SOURCES)" .venv/bin/python -m tests.attack $(if $(SHORT),--short) $(OPTIONS)

.PHONY: bench
bench: build .venv/dev .venv-lambda/done .venv-bench/done .aws-sam/naive/template.yaml ## measure the speed, in comparison with a naive handler
	@LAMBDA_PYTHON="$(LAMBDA_PYTHON)" PYTHONPATH="$(SOURCES)" .venv/bin/python -m tests.benchmarks
	@.venv-bench/bin/python tests/benchmarks/plot.py

# The naive handler for `make bench`. `sam build` needs Lambda's Python on the PATH.
.aws-sam/naive/template.yaml: $(wildcard tests/benchmarks/naive/*) | .venv-sam/done
	@PATH="$(dir $(LAMBDA_PYTHON)):$$PATH" $(SAM) build --template tests/benchmarks/naive/template.yaml \
	  --build-dir .aws-sam/naive

.PHONY: check
check: lint types test test-openapi test-dynalite test-browser validate policy e2e deployed ## run all checks, as CI does

# AWS ----------------------------------------------------------------------------------------------

.PHONY: build
build: bytecode .venv/run .venv-sam/done ## build for Lambda; needs Python 3.13 or ALLOW_SLOW_START=1
	@find functions -name __pycache__ -prune -exec rm -r {} + # sam packages these folders unchanged
	@MAKEFLAGS= PYTHON="$(CURDIR)/.venv/bin/python" LAMBDA_PYTHON="$(LAMBDA_PYTHON)" \
	  ALLOW_SLOW_START="$(ALLOW_SLOW_START)" $(SAM) build

.PHONY: bytecode
bytecode:
	$(require_bytecode)

.PHONY: deploy
deploy: build ## build and deploy to AWS [ENV=staging PARAMETERS="Name=value …"]
	@$(SAM) deploy --config-file "$(CURDIR)/$(or $(wildcard samconfig.local.toml),samconfig.toml)" \
	  --config-env "$(ENV)" $(if $(PARAMETERS),--parameter-overrides $(PARAMETERS))

.PHONY: smoke
smoke: .venv/run ## call a deployed stack as jtel does [STACK=click-to-dial TOKEN=… QUERY=…]
	@PYTHONPATH="$(SOURCES)" exec .venv/bin/python -m dialplan_cli.smoke $(if $(STACK),"$(STACK)")

# Environments: .venv for running and testing, .venv-* for one tool each ---------------------------

.PHONY: setup
setup: .venv/dev ## create .venv with everything that tests and linters need

.PHONY: schema
schema: .venv/run ## write the JSON Schema of dial plans
	@.venv/bin/dialplan schema > dialplans/dialplan.schema.json

.PHONY: numbers
numbers: .venv/dev ## write docs/numbers-by-region.md
	@PYTHONPATH="$(SOURCES)" .venv/bin/python -m tests.phone_number_table > docs/numbers-by-region.md

.PHONY: cli-reference
cli-reference: .venv/run ## docs/cli-reference.md, from the help texts of the dialplan command
	@PYTHONPATH="$(SOURCES)" .venv/bin/python -m typer dialplan_cli.app utils docs --name dialplan \
	  --title "The dialplan command" --output docs/cli-reference.md

.PHONY: lock
lock: .venv-lock/done ## update the lock files from pyproject.toml
	@requirements/lock .venv-lock/bin/uv

# Create the virtual environment $1, or print what is missing.
define venv
@[ -w . ] || { echo "$(CURDIR) cannot be written, but $1 is created there:" \
  "use a checkout that you may write to" >&2; exit 1; }
@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo \
  "Python 3.11 or newer is needed, not '$(PYTHON)': try make PYTHON=python3.13" >&2; exit 1; }
@"$(PYTHON)" -m venv $1 >/dev/null 2>&1 || { rm -rf $1; echo \
  "'$(PYTHON) -m venv' fails: on Debian and Ubuntu it needs apt install python3-venv" >&2; exit 1; }
endef

# Install the packages of lock file $2 into the virtual environment $1.
pip_install = @echo "Installing $2 into $1" >&2; $1/bin/python -m pip --disable-pip-version-check \
  install --progress-bar off --no-deps --require-hashes --only-binary :all: -r $2 \
  | awk -v total="$$(grep -c == $2)" '/^(Collecting|Processing|Ignoring|Requirement already)/ { n++ } \
    /^(Collecting|Processing)/ { sub(".*/", "", $$2); printf "  %d of %d: %s\n", n, total, $$2 } \
    /^Installing/ { print "  unpacking" } { fflush() }' >&2

.venv/bin/python:
	$(call venv,.venv)

.venv/bin/dialplan: | .venv/bin/python
	@printf '#!/bin/sh\nPYTHONPATH="%s" exec "%s/.venv/bin/python" -m dialplan_cli "$$@"\n' \
	  "$(SOURCES)" "$(CURDIR)" > $@
	@chmod +x $@

.venv/run: requirements/run.txt | .venv/bin/python .venv/bin/dialplan
	$(call pip_install,.venv,$<)
	@touch $@

.venv/dev: requirements/dev.txt .venv/run
	$(call pip_install,.venv,$<)
	@touch $@

.venv/browser: requirements/browser.txt .venv/dev
	$(call pip_install,.venv,$<)
	@touch $@

.venv-lambda/done .venv-aws/done: PYTHON := $(or $(LAMBDA_PYTHON),$(PYTHON))
.venv-%/done: requirements/%.txt
	$(call venv,.venv-$*)
	$(call pip_install,.venv-$*,$<)
	@touch $@
