# Included before llama.cpp's own build: leaves out its `common` library, which the Python package does not use and
# which takes nearly half of the time.
set(LLAMA_BUILD_COMMON OFF)
