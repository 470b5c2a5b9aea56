"""rookery integrations: the services in which teams work."""
