# `make serve` and `make test` need nothing but Python 3.11 or newer with venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

MINUTES ?= 30

.PHONY: help serve test check test-faults soak bench bench-decoding bench-gpu gpu-wheels bench-pool \
	bench-threads simulate train-background train-status train-stop train-adopt evaluate lock test-image \
	check-k8s clean
help:
	@echo "make serve     run the server on the bundled model at http://127.0.0.1:8000"
	@echo "make test      run the tests"
	@echo "make check     format, lint, types and package rules"
	@echo "make check-k8s  what checkov says of the manifests and the image; part of make check"
	@echo "make test-faults  kill, stop and starve it in every way, and print the figures"
	@echo "make soak MINUTES=30  the same under load, for as long as you like"
	@echo "make bench     sentences per second of the server beside generate"
	@echo "make bench-decoding  the in-flight engine beside generate and CTranslate2 alone"
	@echo "make bench-gpu WHEELS=FOLDER  what wants a GPU, in 4 minutes, into docs/benchmarks/gpu-*.md"
	@echo "make gpu-wheels WHEELS=FOLDER  what a bare machine lacks for that, fetched beforehand"
	@echo "make bench-threads  CPU threads and replicas; make bench-pool: dispatch and scale"
	@echo "make simulate  a day of traffic on 64 simulated GPUs, our policy beside others"
	@echo "make train-background  train the bundled model at the lowest priority, until it is stopped"
	@echo "make train-status  how it is doing; make train-stop: end it, with a checkpoint"
	@echo "make train-adopt  make what was learnt the bundled model, if it is better"
	@echo "make evaluate  BLEU and chrF of the bundled model on every test set"
	@echo "make test-image  build the container image and run it (minutes, root)"
	@echo "make lock      the exact versions that the image is made of"

$(STAMP): setup.cfg pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	$(BIN)/python -c 'import translator; translator.Translator()'  # converts it and tries the cores
	@touch $@

serve: $(STAMP)
	$(BIN)/m2m-server

test: $(STAMP)
	$(BIN)/pytest

check: $(STAMP)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-faults: $(STAMP)
	$(BIN)/pytest tests/process tests/e2e/test_faults.py tests/http/test_shutdown.py \
		tests/http/test_waitress.py tests/http/test_admin.py tests/http/test_fuzz.py

soak: $(STAMP)
	$(BIN)/python -m benchmarks.soak --minutes $(MINUTES)

bench: $(STAMP)
	$(BIN)/python -m benchmarks.server

bench-decoding: $(STAMP)
	$(BIN)/python -m benchmarks.decoding

# All that wants a GPU, in under four minutes. Runs from the source tree and installs nothing: where
# packages are missing, WHEELS=FOLDER names their wheels. FLAGS are those of `python -m benchmarks.gpu`.
ANY_PYTHON = $(if $(wildcard $(BIN)/python),$(BIN)/python,$(PYTHON))
bench-gpu:
	$(ANY_PYTHON) -m benchmarks.gpu $(if $(WHEELS),--wheels $(WHEELS)) $(FLAGS)

# Fills WHEELS, where there is a network, for a machine that has none and its own torch.
gpu-wheels:
	$(ANY_PYTHON) -m benchmarks.gpu.wheels $(or $(WHEELS),build/gpu-wheels) $(FLAGS)

bench-threads: $(STAMP)
	$(BIN)/python -m benchmarks.threads

bench-pool: $(STAMP)
	$(BIN)/python -m benchmarks.pool

simulate: $(STAMP)
	$(BIN)/python -m benchmarks.simulator

# TRAINING=FOLDER for state and data, SOURCES=FOLDER of prepared files; see docs/training.md.
TRAIN := $(BIN)/python -m training
TRAIN_FLAGS = $(if $(TRAINING),--training $(TRAINING)) $(if $(SOURCES),--sources $(SOURCES))

train-background: $(STAMP)
	$(TRAIN) background $(TRAIN_FLAGS)

train-status train-stop train-adopt: $(STAMP)
	$(TRAIN) $(@:train-%=%) $(TRAIN_FLAGS)

evaluate: $(STAMP)
	$(TRAIN) evaluate $(TRAIN_FLAGS)

clean:
	rm -rf $(VENV) build *.egg-info

# Where the wheels of PyTorch without CUDA are: a page of links, or a folder.
TORCH_WHEELS ?= https://download.pytorch.org/whl/cpu/torch/
LOCK = $(BIN)/uv pip compile setup.cfg --universal --python-version 3.11 --generate-hashes \
	--no-annotate --quiet --upgrade --custom-compile-command "make lock"

# The exact versions and hashes that the images are made of: requirements/*.txt.
lock: $(STAMP)
	$(LOCK) requirements/cpu.in --find-links $(TORCH_WHEELS) --output-file requirements/cpu.txt
	$(LOCK) requirements/cuda.in --output-file requirements/cuda.txt

# Builds and runs the image, in minutes; needs root, buildah, podman and debootstrap.
test-image: $(STAMP)
	TEST_IMAGE=1 $(BIN)/pytest tests/image

# checkov wants old versions of what we use, so it lives by itself.
CHECKOV_VERSION := 3.3.30
CHECKOV := build/checkov-$(CHECKOV_VERSION)
check: check-k8s

$(CHECKOV)/.installed: | $(STAMP)
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(CHECKOV)
	$(BIN)/uv pip install --quiet --python $(CHECKOV)/bin/python checkov==$(CHECKOV_VERSION)
	@touch $@

# Asks checkov about all manifests as they are rendered, and the image; k8s/checkov.yaml has the skips.
check-k8s: $(STAMP) $(CHECKOV)/.installed
	rm -rf build/k8s
	$(BIN)/python -m tests.k8s.rendering build/k8s
	cp Dockerfile build/k8s/Dockerfile
	cp k8s/overlays/airgapped/Containerfile build/k8s/airgapped.Dockerfile
	$(CHECKOV)/bin/checkov --directory build/k8s --config-file k8s/checkov.yaml
