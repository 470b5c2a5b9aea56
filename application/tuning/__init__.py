"""Tuning a model for an agent: collecting examples, training, and the examination before an adapter is used."""
