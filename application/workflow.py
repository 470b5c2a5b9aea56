"""The research workflow, written once for every orchestrator."""
