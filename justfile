# What pre-commit, CI and people call. `uv run just` lists the recipes.

[private]
default:
    @just --list

# Lint, types, import contracts, front-end lint and types
check: node-modules
    ruff check .
    ruff format --check .
    mypy
    pyright
    lint-imports
    just client-is-current
    npm --prefix frontend run check
    just docs

# All tests: unit, contract, integration, features, front end, and a real browser
test: dashboard
    npm --prefix frontend test
    pytest -n 3 --dist loadfile

# Build the dashboard into the package
dashboard: node-modules
    npm --prefix frontend run build

# Write the OpenAPI document and the client that is generated from it
client: node-modules
    python -m rookery.entrypoints.api.openapi frontend/openapi.json
    npm --prefix frontend run generate

# Fail when the committed client is not what the API says
client-is-current: client
    git diff --exit-code -- frontend/openapi.json frontend/src/api/schema.d.ts

# Build the documentation's site into build/docs/site; a warning or a link that leads nowhere fails
docs: node-modules
    python -m infra.docs build

# The same, and show it at http://127.0.0.1:8500
docs-serve: node-modules
    python -m infra.docs serve

# Take the pictures of the dashboard's pages in docs/images anew
screenshots: dashboard
    python -m tests.support.screenshots

# Lighthouse on each page of the built dashboard, as a computer and as a phone shows it
lighthouse: dashboard
    npm --prefix benchmarks/dashboard ci --no-audit --no-fund
    python -m benchmarks.dashboard.lighthouse

# Side-by-side measurements
bench: lighthouse
    python benchmarks/startup.py
    python benchmarks/answers/run.py
    python benchmarks/retrieval/run.py
    python benchmarks/scale/run.py
    python benchmarks/agents/overhead.py
    python benchmarks/agents/steps.py
    python benchmarks/api/run.py
    python benchmarks/durability/steps.py
    python benchmarks/durability/kills.py
    python benchmarks/inference/run.py
    python benchmarks/lookup/run.py
    python -m benchmarks.redaction.run

# The vector stores' contract, on real services too: `just contract chroma=http://… weaviate=http://… pinecone=https://…`
contract *services:
    #!/usr/bin/env bash
    set -euo pipefail
    for service in {{ services }}; do
        name="${service%%=*}"
        export "ROOKERY_TEST_${name^^}_URL=${service#*=}"
    done
    pytest tests/contract/test_vector_stores.py

# The official conformance suite of the Model Context Protocol against `rookery mcp serve`
conformance:
    pytest tests/conformance -v

# Whether the next release could be made: versions, changelog, lock
release-check version="":
    infra/release check {{ version }}

# Build the image and test it at work: minutes, and an engine (it starts one where there is none)
image-test:
    infra/docker/test-image

# Make sure that there is a Chromium for the browser tests
browser:
    infra/install-browser

[private]
node-modules:
    @test frontend/node_modules/.package-lock.json -nt frontend/package-lock.json || npm --prefix frontend ci --no-audit --no-fund
