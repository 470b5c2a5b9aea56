"""Side effects that wait for a person: ask, decide, expire."""
