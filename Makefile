# Commands for developers; `make` lists them. Needs Python 3.11 or newer; see docs/how-to/develop.md.

PYTHON ?= python3
# How many processes run tests: 2, and 3 for integration, where each has a control plane of its own and often waits.
WORKERS ?=
# Further options for pytest, such as PYTEST="-k expiry -x".
PYTEST ?=
# On which Kubernetes tests, demo and `make up` run: 1.32, 1.34, 1.36 or, if nothing is said, 1.37.
KUBERNETES ?=
export KUBERNETES
# For `make oldest`: IF_BUILT=--if-built skips where it would have to be built.
IF_BUILT ?=
# For `make plugin`: ALL=--all makes the archives of all platforms.
ALL ?=
# For `make sbom` and `make release`: a copy of the image's /var/lib/dpkg/status.d; without it this machine's apt is asked.
IMAGE_PACKAGES ?=
# For `make generate`: FAST=--fast leaves out what needs the control plane.
FAST ?=
# For `make lock`: UPGRADE=--upgrade takes newer versions than the locked ones.
UPGRADE ?=

# For `make scale`.
N ?= 10000
CREDENTIALS ?= 1000
# For `make mutants`, which takes an hour at most. Another SEED draws others; MISSED=1 tries only what was missed.
MUTANT_MINUTES ?= 60
# For `make soak`.
SOAK_MINUTES ?= 60

VENV := .venv
PY := $(VENV)/bin/python
CLIENTS_PY := .local/python-clients/bin/python
LLM_CLIENTS_PY := .local/llm-clients/bin/python
READY := $(VENV)/ready
COVERAGE := .coverage.d
KIND_IMAGE := localhost/pharia-access
KIND_KUBECTL := kubectl --context kind-pharia-access
WITH_COVERAGE := --cov --cov-report= --cov-fail-under=0 --durations=25
# A run that does not end, fails: 40 minutes are some twice what the unit tests take on one slow core beside a build.
AT_MOST := $(if $(shell command -v timeout),timeout --foreground --kill-after=10 2400)
LIMIT :=
BUILD_LOG := $(COVERAGE)/build.log

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: alerting browser clients console gateways pictures help check generate docs demo up down test unit integration long introspection-clients oldest matrix coverage lint format bench scale soak chaos attacks attacker fuzz mutants mint-model properties e2e recording sbom release plugin plugin-test llm-clients lock clean control-plane kind manifests

help: ## List these commands.
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { line = sprintf("  make %-14s", $$1); count = split($$2, word, " "); \
	  for (i = 1; i <= count; i++) { \
	    if (length(line " " word[i]) > 80) { print line; line = sprintf("%21s", "") } \
	    line = line " " word[i] } \
	  print line }' $(MAKEFILE_LIST)

check: $(READY) ## Lint and unit tests side by side, in some minutes: no control plane. Run it before each commit.
	@$(MAKE) --no-print-directory -j2 lint unit LIMIT="$(AT_MOST)"

generate: $(READY) ## Write everything that is generated: pages, the chart's copies, manifests; FAST=--fast without the control plane.
	@$(PY) -m tools.generate $(FAST)

docs: .local/docs/ready ## Build the documentation as a site with search: dist/docs/index.html. A broken link fails.
	@.local/docs/bin/python -m tools.docs_site

demo: $(READY) control-plane ## Tell the whole story on a real API server, from nothing, with the commands it runs.
	@$(PY) -m tools.demo

up: $(READY) control-plane ## Start a control plane with the operator and leave it running: `. .local/env` to use it.
	@$(PY) -m tools.local up

console: $(READY) ## Open the web console on what `make up` started.
	@test -f .local/env || { echo "console: nothing is running: run make up first" >&2; exit 1; }
	@. .local/env && kubectl access console --namespace $(or $(NAMESPACE),default)

pictures: $(READY) control-plane ## Take the pictures of the console anew: docs/images/console.
	@$(PY) -m tools.console_pictures

down: $(READY) ## End exactly what `make up` started, and remove its data.
	@$(PY) -m tools.local down

# The programs are built while the linters and the unit tests run; `integration` waits for them.
# The unit tests run in two processes, half of them in each, as a debugger has them: a thread or a loop that never ends
# shows only there, since pytest-xdist kills its workers.
# The share that must be covered is asked of both parts together, by `coverage`, not of each.
test: $(READY) ## Run everything that must pass: lint, unit, integration, coverage.
	@rm -rf $(COVERAGE) && mkdir $(COVERAGE)
	@nice -n 10 $(PY) -m tools.build_control_plane >$(BUILD_LOG) 2>&1 & build=$$!; \
	trap 'kill $$build 2>/dev/null || true' EXIT; trap 'exit 130' INT TERM; \
	$(MAKE) --no-print-directory -j3 unit-entrypoints unit-others lint PYTEST="$(WITH_COVERAGE) $(PYTEST)" && \
	$(MAKE) --no-print-directory integration PYTEST="$(WITH_COVERAGE) $(PYTEST)" && \
	$(MAKE) --no-print-directory coverage

unit: $(READY) ## Run the unit tests.
	@mkdir -p $(COVERAGE)
	@COVERAGE_FILE=$(COVERAGE)/unit $(LIMIT) $(PY) -m pytest tests/unit -n $(or $(WORKERS),2) $(PYTEST)

unit-entrypoints: $(READY)
	@COVERAGE_FILE=$(COVERAGE)/unit-entrypoints $(AT_MOST) $(PY) -m pytest tests/unit/entrypoints -n 0 $(PYTEST)

unit-others: $(READY)
	@COVERAGE_FILE=$(COVERAGE)/unit-others $(AT_MOST) $(PY) -m pytest tests/unit --ignore=tests/unit/entrypoints -n 0 $(PYTEST)

integration: $(READY) control-plane ## Run the tests on a real API server.
	@mkdir -p $(COVERAGE)
	@COVERAGE_FILE=$(COVERAGE)/integration $(PY) -m tools.integration -n $(or $(WORKERS),3) --dist loadfile --no-loadscope-reorder $(PYTEST)

browser: $(READY) control-plane ## Run the tests of the console in a real browser alone; `integration` runs them too.
	@$(PY) -m pytest tests/integration/browser -n $(or $(WORKERS),2) --dist loadfile $(PYTEST)

long: $(READY) control-plane ## Run what `make test` has no time for: each guard taken away, a thousand tokens.
	@$(PY) -m pytest tests/integration -m long -n $(or $(WORKERS),3) --dist loadfile --no-loadscope-reorder $(PYTEST)

oldest: $(READY) ## Run the tests of admission and kinds on the oldest Kubernetes that is supported.
	@$(PY) -m tools.oldest $(IF_BUILT) -n $(or $(WORKERS),2) $(PYTEST)

matrix: $(READY) control-plane ## Run the integration tests on one KUBERNETES, and keep the result in bench/results.
	@WORKERS=$(or $(WORKERS),3) $(PY) -m bench matrix

e2e: $(READY) ## Run the chart in real pods, on a one-node cluster of this machine; Linux, as root.
	@$(PY) -m tools.e2e $(PYTEST)

alerting: $(READY) ## Build Alertmanager and the generator of the Prometheus operator, and try the examples of alerting on both.
	@$(PY) -m tools.build_alerting
	@$(PY) -m pytest tests/integration/test_alert_routing.py tests/e2e/test_alert_translation.py -n 0 $(PYTEST)

gateways: $(READY) ## Build Oathkeeper, kube-rbac-proxy and Envoy Gateway's translator, and try the pages on them.
	@$(PY) -m tools.build_gateways
	@$(PY) -m pytest $(addprefix tests/integration/test_,gateway_oathkeeper.py gateway_manifests.py gateway_envoy_gateway.py kube_rbac_proxy.py) -n 0 $(PYTEST)

clients: $(READY) .local/python-clients/ready ## Try the package for Python services, built, with the real FastAPI and LiteLLM.
	@rm -rf .local/python-clients/wheel
	@cd clients/python && $(CURDIR)/$(VENV)/bin/hatchling build --target wheel --directory $(CURDIR)/.local/python-clients/wheel
	@$(CLIENTS_PY) -m pip install --quiet --no-deps --force-reinstall .local/python-clients/wheel/*.whl
	@$(CLIENTS_PY) -m pytest clients/python/tests -c clients/python/pyproject.toml --rootdir clients/python $(PYTEST)

llm-clients: $(READY) .local/llm-clients/ready ## Try the SDKs of OpenAI, Azure OpenAI and Anthropic through real gateways, and keep the result in bench/results.
	@LLM_CLIENTS_PYTHON=$(CURDIR)/$(LLM_CLIENTS_PY) $(PY) -m bench llm-clients

introspection-clients: $(READY) control-plane ## Try Spring, openid-client, Django, Apache, Oathkeeper, Go as clients of introspection.
	@$(PY) -m bench introspection-clients

coverage: $(READY)
	@COVERAGE_FILE=$(COVERAGE)/all $(PY) -m coverage combine --quiet --keep $(COVERAGE)/unit-entrypoints $(COVERAGE)/unit-others $(COVERAGE)/integration
	@COVERAGE_FILE=$(COVERAGE)/all $(PY) -m coverage report

lint: $(READY) ## Check style, types, imports, the Dockerfile and the workflows.
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/hadolint Dockerfile
	@$(VENV)/bin/zizmor --offline --quiet --no-progress .github/workflows

format: $(READY) ## Format the code and mend what can be mended by itself.
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

bench: $(READY) control-plane ## Measure mints per second, latency and memory on the real control plane.
	@$(PY) -m bench

scale: $(READY) control-plane ## Measure among N tokens under CREDENTIALS credentials: starts, failover, memory, expiry.
	@BENCH_TOKENS=$(N) CREDENTIALS=$(CREDENTIALS) $(PY) -m bench scale

soak: $(READY) control-plane ## Two operators and a verifier under churn for SOAK_MINUTES: is their memory flat?
	@SOAK_MINUTES=$(SOAK_MINUTES) $(PY) -m bench soak

chaos: $(READY) control-plane ## Play faults from seeds on the real control plane: RUNS=200 FIRST=1 SECONDS=8 JOBS=1.
	@$(PY) -m tests.campaigns.chaos $(if $(RUNS),--runs $(RUNS)) $(if $(FIRST),--first $(FIRST)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(JOBS),--jobs $(JOBS))

attacks: $(READY) control-plane ## Play attacks from seeds on the real control plane: RUNS=1000 FIRST=1.
	@$(PY) -m tests.campaigns.attacks $(if $(RUNS),--runs $(RUNS)) $(if $(FIRST),--first $(FIRST))

attacker: $(READY) control-plane ## Send streams of any bytes at each gateway beside honest clients: COUNT=10000 FIRST=0.
	@$(PY) -m tests.campaigns.attacker $(if $(COUNT),--count $(COUNT)) $(if $(FIRST),--first $(FIRST))

fuzz: $(READY) ## Compare streams of bytes with another parser, headers with a reference, and feed strangers' inputs: STREAMS=1000000 HEADERS=1000000 FIRST=0.
	@FUZZ_HEADERS=$(or $(HEADERS),1000000) FUZZ_FIRST=$(or $(FIRST),0) $(PY) -m bench fuzz-headers
	@FUZZ_STREAMS=$(or $(STREAMS),1000000) FUZZ_FIRST=$(or $(FIRST),0) $(PY) -m bench fuzz

properties: $(READY) ## Run the tests that hypothesis generates with other examples than `make test` has: RUNS=10 FIRST=1.
	@PROPERTY_RUNS=$(or $(RUNS),10) PROPERTY_FIRST=$(or $(FIRST),1) $(PY) -m bench properties

mint-model: $(READY) control-plane ## Try who may let a mint go, against a model: SEQUENCES=500 SEED=1.
	@SEQUENCES=$(or $(SEQUENCES),500) SEED=$(or $(SEED),1) $(PY) -m pytest tests/integration/test_mint_model.py -n 0 -m "" --timeout=7200 $(PYTEST)

mutants: $(READY) ## Make small mistakes in domain/ and services/ and see whether a test notices: COUNT=300 SEED=1.
	@nice -n 10 $(PY) -m bench.mutants --minutes $(MUTANT_MINUTES) $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED)) $(if $(MISSED),--missed)

control-plane: $(READY) ## Build etcd, the API server, the controllers, kubectl and helm, once, outside the checkout.
	@$(PY) -m tools.build_control_plane

manifests: $(READY) control-plane ## Render the chart into manifests/, for people without Helm.
	@$(PY) -m tools.render_manifests

kind: ## A cluster with real pods, the image, the chart and a token; needs Docker, kind v0.33.0, kubectl and helm.
	@test -f kind/encryption.yaml || (umask 077; key=$$(head -c 32 /dev/urandom | base64) && \
		sed "s|secret: KEY|secret: $$key|" kind/encryption.template.yaml >kind/encryption.yaml)
	kind get clusters | grep --quiet --line-regexp pharia-access || kind create cluster --config kind-config.yaml
	docker build --tag $(KIND_IMAGE):kind .
	kind load docker-image --name pharia-access $(KIND_IMAGE):kind
	$(KIND_KUBECTL) apply --filename kind/namespace.yaml
	helm --kube-context kind-pharia-access upgrade --install pharia-access charts/pharia-access \
		--namespace pharia-access-system --set image.repository=$(KIND_IMAGE) \
		--set image.tag=kind --set image.pullPolicy=Never --wait
	$(KIND_KUBECTL) apply --filename examples/
	$(KIND_KUBECTL) wait --for=condition=Ready apitokens --all --namespace finance --timeout=60s
	$(KIND_KUBECTL) get apicredentials,apitokens --all-namespaces

recording: $(READY) control-plane ## Play the session that README shows and draw it: docs/images/recording.svg.
	@$(PY) -m tools.recording

sbom: $(READY) .local/lock/ready ## Write the bill of materials of what the image holds: dist/sbom.cdx.json.
	@$(PY) -m tools.bill_of_materials $(if $(IMAGE_PACKAGES),--image-packages $(IMAGE_PACKAGES))

release: $(READY) .local/lock/ready control-plane ## Make a release as far as no registry is needed, into dist/: VERSION=0.3.0.
	@$(PY) -m tools.release $(VERSION) $(if $(IMAGE_PACKAGES),--image-packages $(IMAGE_PACKAGES))

plugin: $(READY) .local/lock/ready ## Build `kubectl access` as a single file: dist/kubectl-access.
	@$(PY) -m tools.plugin $(ALL)

plugin-test: $(READY) .local/lock/ready control-plane ## Build that file elsewhere, and try it on a real API server.
	@$(PY) -m pytest tests/integration/test_plugin_file.py tests/integration/test_release.py -m packaging $(PYTEST)

lock: .local/lock/ready ## Pin all dependencies anew after a change; UPGRADE=--upgrade takes newer versions.
	@set -e; \
	pin() { \
		echo "requirements/$$1.txt"; shift; \
		.local/lock/bin/uv pip compile --quiet --universal --no-strip-extras --python-version 3.11 --generate-hashes \
			--no-annotate --custom-compile-command "make lock" $(UPGRADE) "$$@"; \
	}; \
	pin runtime pyproject.toml -o requirements/runtime.txt; \
	pin dev pyproject.toml --extra kubectl --extra console --group dev -c requirements/runtime.txt -o requirements/dev.txt; \
	pin build requirements/build.in -c requirements/dev.txt -o requirements/build.txt; \
	pin plugin requirements/plugin.in -c requirements/dev.txt -o requirements/plugin.txt \
		--no-emit-package pygments --no-emit-package markdown-it-py --no-emit-package mdurl; \
	pin go requirements/go.in -o requirements/go.txt; \
	pin docs requirements/docs.in -o requirements/docs.txt; \
	pin gateways requirements/gateways.in -o requirements/gateways.txt; \
	pin python-clients requirements/python-clients.in -o requirements/python-clients.txt; \
	pin llm-clients requirements/llm-clients.in -o requirements/llm-clients.txt; \
	pin introspection-clients requirements/introspection-clients.in -o requirements/introspection-clients.txt; \
	pin tools requirements/tools.in -o requirements/tools.txt

clean: ## Remove everything made here (not the cache of built programs, not what `make up` runs on).
	@rm -rf $(VENV) .local/lock .local/docs .local/python-clients .local/llm-clients $(COVERAGE) .coverage .coverage.* .hypothesis .mypy_cache .pytest_cache .ruff_cache \
		.import_linter_cache dist build
	@find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "The built programs stay in $${XDG_CACHE_HOME:-$$HOME/.cache}/pharia-access."

# Made anew when the lock changes, so that nothing stays that is not in it.
$(VENV)/locked: requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "This needs Python 3.11 or newer, and $(PYTHON) is not; name another: make PYTHON=python3.12" >&2; exit 1; }
	@echo "Making $(VENV) from requirements/dev.txt ..."
	@rm -rf $(VENV)
	@$(PYTHON) -m venv $(VENV) || \
		{ echo "$(PYTHON) cannot make a virtual environment; install its venv module (Debian: python3-venv)" >&2; exit 1; }
	@$(PY) -m pip install --quiet --require-hashes -r requirements/dev.txt
	@touch $@

$(READY): $(VENV)/locked pyproject.toml
	@$(PY) -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

.local/lock/ready: requirements/tools.txt
	@rm -rf .local/lock && mkdir -p .local
	@$(PYTHON) -m venv .local/lock
	@.local/lock/bin/python -m pip install --quiet --require-hashes -r requirements/tools.txt
	@touch $@

.local/python-clients/ready: requirements/python-clients.txt
	@rm -rf .local/python-clients && mkdir -p .local
	@$(PYTHON) -m venv .local/python-clients
	@$(CLIENTS_PY) -m pip install --quiet --require-hashes -r requirements/python-clients.txt
	@touch $@

.local/llm-clients/ready: requirements/llm-clients.txt
	@rm -rf .local/llm-clients && mkdir -p .local
	@$(PYTHON) -m venv .local/llm-clients
	@$(LLM_CLIENTS_PY) -m pip install --quiet --require-hashes -r requirements/llm-clients.txt
	@touch $@

.local/docs/ready: requirements/docs.txt
	@rm -rf .local/docs && mkdir -p .local
	@$(PYTHON) -m venv .local/docs
	@.local/docs/bin/python -m pip install --quiet --require-hashes -r requirements/docs.txt
	@touch $@
