"""rookery runs: look at runs and steer them."""
