"""Servers that speak the Model Context Protocol: good ones, made with the official SDK, and bad ones, made by hand."""
