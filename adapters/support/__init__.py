"""What several adapters of one technology share."""
