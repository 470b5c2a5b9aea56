"""Rookery: local-first, multi-agent research with claims locked to verbatim quotes."""

__version__ = "0.1.0"
