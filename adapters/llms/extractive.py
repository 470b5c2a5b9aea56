"""Answers by rule with verbatim sentences; needs no model."""
