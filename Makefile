# `make serve` and `make test` need only Python 3.11 or newer with venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

MINUTES ?= 30
DRILL_MINUTES ?= 4

.PHONY: help serve test test-fast test-long coverage check check-code check-k8s test-faults soak bench \
	bench-decoding bench-gpu gpu-wheels bench-pool bench-front bench-threads simulate train-background \
	train-status train-stop train-adopt evaluate settings-page kept-page chart-readme lock test-image clean \
	drill bench-ray
help:
	@echo "make serve             run the server with the bundled model at http://127.0.0.1:8000"
	@echo "make test              run the tests, in parallel"
	@echo "make test-long         run the few tests that take longest"
	@echo "make test-fast         run the tests without models and processes, in under a minute"
	@echo "make coverage          run the tests and fail if too few lines and branches are covered"
	@echo "make check             run all checks: check-code and check-k8s"
	@echo "make check-code        check format, lint, types and the dependencies between packages"
	@echo "make check-k8s         check the manifests and the image with checkov"
	@echo "make test-faults       run the tests that kill, stop and starve the server; print figures"
	@echo "make soak MINUTES=30   run these faults under load for a given time"
	@echo "make drill DRILL_MINUTES=4   kill each part of three servers, database and proxy under load"
	@echo "make test-image        build and run the container image (takes minutes, needs root)"
	@echo "make bench             compare sentences per second of the server and of generate"
	@echo "make bench-decoding    compare the in-flight engine with generate and CTranslate2"
	@echo "make bench-gpu WHEELS=FOLDER   run all GPU benchmarks in 5 minutes; writes docs/benchmarks/gpu-*.md"
	@echo "make gpu-wheels WHEELS=FOLDER  download the packages that bench-gpu needs on a bare machine"
	@echo "make bench-threads     measure CPU threads and replicas"
	@echo "make bench-pool        measure dispatching and scaling of the pool"
	@echo "make bench-front       measure CPU time of a request by process, rates and latencies, without a model"
	@echo "make bench-ray         compare tables on a Ray cluster of this machine with the same without Ray"
	@echo "make simulate          simulate a day of traffic on 64 GPUs under several scheduling policies"
	@echo "make train-background  train the bundled model at the lowest priority until it is stopped"
	@echo "make train-status      show the progress of the training"
	@echo "make train-stop        save a checkpoint and end the training"
	@echo "make train-adopt       replace the bundled model if the trained one is better"
	@echo "make evaluate          compute BLEU and chrF of the bundled model on every test set"
	@echo "make settings-page     write docs/settings.md from the settings"
	@echo "make kept-page         write docs/kept.md from the table of tokens"
	@echo "make chart-readme      write the values of the Helm chart into its README"
	@echo "make lock              update the versions that the image is built from"
	@echo "make clean             remove the virtual environment and build files"

$(STAMP): setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -c 'import translator; translator.Translator()'  # converts the model and measures the CPU
	@touch $@

serve: $(STAMP)
	$(BIN)/m2m-server

# WORKERS is the number of tests run at a time, COVERAGE=1 measures coverage and applies its floor.
WORKERS ?= auto
PARALLEL = --numprocesses $(WORKERS) --maxprocesses 4 --dist loadscope
COVERAGE_FLAGS = $(if $(COVERAGE),--cov --cov-report term:skip-covered)

# For WORKERS=auto: two more than cores, because many tests wait for processes that they started.
test: export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 2)
test: $(STAMP)
	$(BIN)/pytest -m "not long" $(PARALLEL) $(COVERAGE_FLAGS)

test-long: $(STAMP)
	$(BIN)/pytest -m long $(PARALLEL)

coverage:
	$(MAKE) test COVERAGE=1

# It takes seconds to load, and again in each worker.
WITHOUT_SCHEMATHESIS = -p no:schemathesis --ignore tests/http/test_schemathesis.py

test-fast: $(STAMP)
	$(BIN)/pytest -m "not slow" $(PARALLEL) $(addprefix tests/unit/,bulk documents gpu_pool server \
		translator/text translator/verify) tests/http $(WITHOUT_SCHEMATHESIS)

check: check-code check-k8s

check-code: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-faults: $(STAMP)
	$(BIN)/pytest tests/process tests/e2e/test_faults.py tests/http/test_shutdown.py \
		tests/http/test_waitress.py tests/http/test_admin.py tests/http/test_fuzz.py

soak: $(STAMP)
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

# Needs PostgreSQL and nginx (Debian: postgresql nginx).
drill: $(STAMP)
	$(BIN)/python -m benchmarks.drill --minutes $(DRILL_MINUTES)

bench: $(STAMP)
	$(BIN)/python -m benchmarks.server

bench-decoding: $(STAMP)
	$(BIN)/python -m benchmarks.decoding

# Runs from the source tree and installs nothing: where packages are missing, WHEELS=FOLDER has
# their wheels. FLAGS are those of `python -m benchmarks.gpu`.
ANY_PYTHON = $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))
bench-gpu:
	$(ANY_PYTHON) -m benchmarks.gpu $(if $(WHEELS),--wheels $(WHEELS)) $(FLAGS)

# Fills WHEELS on a machine with a network, for one that has torch but no network.
gpu-wheels:
	$(ANY_PYTHON) -m benchmarks.gpu.wheels $(or $(WHEELS),build/gpu-wheels) $(FLAGS)

bench-threads: $(STAMP)
	$(BIN)/python -m benchmarks.threads

bench-pool: $(STAMP)
	$(BIN)/python -m benchmarks.pool

bench-front: $(STAMP)
	$(BIN)/python -m benchmarks.front

bench-ray: $(STAMP)
	$(BIN)/python -m benchmarks.ray_tables

simulate: $(STAMP)
	$(BIN)/python -m benchmarks.simulator

# TRAINING=FOLDER is for state and data, SOURCES=FOLDER has prepared files; see docs/training.md.
TRAIN := $(BIN)/python -m training
TRAIN_FLAGS = $(if $(TRAINING),--training $(TRAINING)) $(if $(SOURCES),--sources $(SOURCES))

train-background: $(STAMP)
	$(TRAIN) background $(TRAIN_FLAGS)

train-status train-stop train-adopt: $(STAMP)
	$(TRAIN) $(@:train-%=%) $(TRAIN_FLAGS)

evaluate: $(STAMP)
	$(TRAIN) evaluate $(TRAIN_FLAGS)

settings-page: $(STAMP)
	env -u XDG_CACHE_HOME -u XDG_STATE_HOME $(BIN)/python -m server.commands.settings_page > docs/settings.md

kept-page: $(STAMP)
	$(BIN)/python -m translator.text.kept_page > docs/kept.md

chart-readme: $(STAMP)
	$(BIN)/python -m tests.k8s.chart_readme

clean:
	rm -rf $(VENV) build *.egg-info

# Where to find the wheels of PyTorch without CUDA: a page of links or a folder.
TORCH_WHEELS ?= https://download.pytorch.org/whl/cpu/torch/
LOCK = $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-annotate --quiet --upgrade \
	--custom-compile-command "make lock"

# Writes requirements/*.txt: exact versions, with hashes.
lock: $(STAMP)
	$(LOCK) setup.cfg --extra postgres requirements/cpu.in --find-links $(TORCH_WHEELS) --output-file requirements/cpu.txt
	$(LOCK) setup.cfg --extra postgres requirements/cuda.in --output-file requirements/cuda.txt
	$(LOCK) requirements/ray.in --constraint requirements/cuda.txt --output-file requirements/ray.txt

# Needs root, buildah, podman and debootstrap.
test-image: $(STAMP)
	TEST_IMAGE=1 $(BIN)/pytest tests/image

# checkov needs older versions of packages that we use, so it has an environment of its own.
CHECKOV_VERSION := 3.3.30
CHECKOV := build/checkov-$(CHECKOV_VERSION)

$(CHECKOV)/.installed: | $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(CHECKOV)
	$(BIN)/uv pip install --quiet --python $(CHECKOV)/bin/python checkov==$(CHECKOV_VERSION)
	@touch $@

# Checks all manifests as kubectl and Helm render them; k8s/checkov.yaml lists the checks that are skipped.
check-k8s: $(STAMP) $(CHECKOV)/.installed
	rm -rf build/k8s
	$(BIN)/python -m tests.k8s.rendering build/k8s
	$(BIN)/python -m tests.k8s.chart build/k8s
	cp Dockerfile build/k8s/Dockerfile
	cp k8s/overlays/airgapped/Containerfile build/k8s/airgapped.Dockerfile
	$(CHECKOV)/bin/checkov --directory build/k8s --config-file k8s/checkov.yaml
