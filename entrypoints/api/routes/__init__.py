"""Thin routes, one module a resource."""
