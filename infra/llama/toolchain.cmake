# For the program that generates Vulkan's shaders, too: it is built as a project of its own, with the defaults.
# At -O1 it takes a third of the time, which everything else waits for; what computes is C, or shaders.
set(CMAKE_CXX_FLAGS_RELEASE -O1 CACHE STRING "")
