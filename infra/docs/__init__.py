"""The documentation's site: stages the pages, writes the reference from the code, builds, and checks what was built."""
