"""For those who write adapters, tools and integrations: local servers that speak the protocols of outside systems."""
