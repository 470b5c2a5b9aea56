"""Rookery as a server of the Model Context Protocol: tools, resources and prompts for editors and other agents."""
