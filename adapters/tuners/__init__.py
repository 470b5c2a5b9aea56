"""What trains adapters."""
