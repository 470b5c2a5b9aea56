"""Settings: rookery.toml, environment, flags."""
