"""Use cases, named by verbs, and the workflow that they share. They know ports, never adapters."""
