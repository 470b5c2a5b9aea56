"""Where approvals are kept."""
