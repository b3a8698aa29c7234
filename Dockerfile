# The server, its dependencies and the bundled model; see docs/image.md.
#
#   docker build -t m2m-server .
#   docker build -t m2m-server-cuda --build-arg BASE_IMAGE=nvidia/cuda:13.0.1-base-ubuntu24.04 \
#     --build-arg REQUIREMENTS=requirements/cuda.txt --build-arg PACKAGES="gcc libc6-dev python3-dev" .

ARG BASE_IMAGE=python:3.11-slim-bookworm

# Both stages use it, so that the virtual environment finds the interpreter it was made with.
FROM ${BASE_IMAGE} AS base
# More Debian packages: Triton needs a C compiler to launch kernels on GPUs.
ARG PACKAGES=""
# tini is process 1: it forwards signals while Python is still starting, and reaps orphans of workers.
# CUDA base images have no Python.
# hadolint ignore=DL3008,SC2086
RUN set -- tini ${PACKAGES} \
    && { command -v python3 > /dev/null || set -- "$@" python3 python3-venv; } \
    && apt-get update \
    && apt-get install --yes --no-install-recommends "$@" \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
ARG REQUIREMENTS=requirements/cpu.txt
# Where PyTorch without CUDA comes from: a page of links, or a folder. Its hash is in the lock.
ARG TORCH_WHEELS=https://download.pytorch.org/whl/cpu/torch/
WORKDIR /build
COPY requirements requirements
# Wheels only: there is no compiler, and no setup.py runs.
RUN python3 -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: \
        --find-links "${TORCH_WHEELS}" --requirement "${REQUIREMENTS}"
COPY setup.cfg pyproject.toml README.md LICENSE ./
COPY translator translator
COPY documents documents
COPY gpu_pool gpu_pool
COPY server server
COPY bulk bulk
# The bundled model is converted here, so that a container starts at once. Pip is not kept.
RUN /opt/venv/bin/pip install --no-cache-dir --no-deps --no-index --no-build-isolation . \
    && /opt/venv/bin/m2m-server fetch bundled /opt/models/bundled \
    && /opt/venv/bin/pip uninstall --yes pip

FROM base
ARG BASE_IMAGE
ARG VERSION=0.2.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="m2m-server" \
      org.opencontainers.image.description="Self-hosted M2M100 translation over HTTP" \
      org.opencontainers.image.licenses="MIT AND CC-BY-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.base.name="${BASE_IMAGE}"
RUN groupadd --gid 10001 translation \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp \
        --shell /usr/sbin/nologin translation
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/models /opt/models
# The server writes only to /tmp, so the rest can be read-only.
ENV PATH=/opt/venv/bin:${PATH} \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HOME=/tmp/huggingface \
    TRANSLATION_CACHE=/tmp/m2m-server \
    TRANSLATION_HOST=0.0.0.0 \
    TRANSLATION_MODEL=/opt/models/bundled
USER 10001:10001
EXPOSE 8000 8001
HEALTHCHECK --interval=30s --timeout=5s --start-period=10m --retries=3 CMD ["m2m-server-health"]
ENTRYPOINT ["tini", "--", "m2m-server"]
