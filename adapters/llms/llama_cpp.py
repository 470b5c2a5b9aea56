"""llama.cpp in a supervised child process."""
