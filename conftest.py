"""Fixtures and steps that tests and features share."""

pytest_plugins = [
    "tests.support.backend",
    "tests.support.server",
    "tests.support.browser",
    "tests.support.colony",
    "tests.support.homes",
    "tests.support.desk",
    "features.steps.asking",
    "features.steps.sources",
    "features.steps.steering",
    "features.steps.everywhere",
]
