"""rookery tokens: who may use the API."""
