"""Steps of the features; they call use cases."""
