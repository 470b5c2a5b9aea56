"""What tests and features share."""
