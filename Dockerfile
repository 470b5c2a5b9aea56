# One image for laptop and cloud. What it holds, how large it is and why: docs/deploy.md.
#
#   docker build -t rookery .                                         CPU, and Vulkan where a driver is handed in
#   docker build -t rookery:mesa --target mesa .                      with Mesa's drivers for AMD's and Intel's GPUs
#   docker build -t rookery:cuda --build-arg CUDA=ON .                with CUDA, too

FROM node:22.20.0-trixie-slim AS dashboard
WORKDIR /src/frontend
COPY frontend/package.json frontend/package-lock.json frontend/.npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY frontend ./
RUN npm run build


FROM python:3.13.9-slim-trixie AS builder
ARG SOURCE_DATE_EPOCH=1767225600
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH} PATH=/opt/tools/bin:$PATH
RUN python3 -m venv /opt/tools && pip install --no-cache-dir --disable-pip-version-check uv==0.13.9
WORKDIR /src


# llama.cpp: each backend is a library of its own, chosen when a process starts.
FROM builder AS llama
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends cmake g++ glslc libvulkan-dev ninja-build spirv-headers \
    && rm -rf /var/lib/apt/lists/*
COPY uv.lock ./
COPY infra/llama/build-portable infra/llama/
ARG CUDA=OFF
RUN --mount=type=cache,target=/var/cache/llama,sharing=locked infra/llama/build-portable /opt/llama /var/cache/llama


# The environment: what uv.lock names, by its digests. llama-cpp-python without libraries of its own.
FROM builder AS environment
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends g++ && rm -rf /var/lib/apt/lists/*
ENV UV_PROJECT_ENVIRONMENT=/opt/rookery UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never \
    CMAKE_ARGS="-DLLAMA_BUILD=OFF -DLLAVA_BUILD=OFF"
# Not `tune`: torch with CUDA is five gigabytes.
ARG EXTRAS="--all-extras --no-extra tune"
COPY pyproject.toml uv.lock ./
# hadolint ignore=SC2086
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --group weights --no-install-project ${EXTRAS}
COPY . ./
COPY --from=dashboard /src/entrypoints/api/dashboard entrypoints/api/dashboard
# Chroma brings Kubernetes' client (120 MB) for clusters of its own. Byte code without times: the same image each time.
# hadolint ignore=SC2086
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev --group weights --no-editable ${EXTRAS} \
    && rm -rf /opt/rookery/lib/python3*/site-packages/kubernetes \
    && find /opt/rookery -type d \( -name tests -o -name test \) -path '*/site-packages/*' -prune -exec rm -rf {} + \
    && python3 -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/rookery/lib


FROM python:3.13.9-slim-trixie AS runtime
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Rookery" \
      org.opencontainers.image.description="Local-first, multi-agent research: every claim is locked to a quote" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# libvulkan1 finds drivers, of which there are none here: NVIDIA's container toolkit brings its own, which wants libxext6.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgomp1 libvulkan1 libxext6 tini \
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/* \
    && useradd --uid 10001 --user-group --home-dir /var/lib/rookery --create-home --shell /usr/sbin/nologin rookery \
    && mkdir /documents
COPY --from=llama /opt/llama /opt/llama
COPY --from=environment /opt/rookery /opt/rookery
ENV PATH=/opt/rookery/bin:$PATH \
    LLAMA_CPP_LIB_PATH=/opt/llama \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ROOKERY_HOME=/var/lib/rookery \
    ROOKERY_SERVER__HOST=0.0.0.0 \
    ROOKERY_SERVER__SOURCE_ROOTS='["/documents"]' \
    XDG_CACHE_HOME=/var/lib/rookery/.cache
USER 10001:10001
WORKDIR /documents
VOLUME /var/lib/rookery
EXPOSE 8400
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import os; from urllib.request import urlopen; urlopen(f\"http://127.0.0.1:{os.environ.get('ROOKERY_SERVER__PORT', 8400)}/healthz\", timeout=4)"]
ENTRYPOINT ["tini", "--", "rookery"]
CMD ["serve"]


# With Mesa's drivers for AMD's and Intel's GPUs, and its software device: for machines whose /dev/dri is handed in.
FROM runtime AS mesa
USER 0
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends mesa-vulkan-drivers \
    && rm -rf /var/lib/apt/lists/* /var/log/* /var/cache/*
USER 10001:10001


FROM runtime
