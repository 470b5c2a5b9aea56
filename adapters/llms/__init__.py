"""Language models, and what answers without one."""
