"""The pure middle: models, rules and ports. No I/O, no clock, no randomness."""
