"""Fixtures and steps that tests and features share."""

import gc

from hypothesis import HealthCheck, settings

# How long an example takes says what else the machine does.
settings.register_profile("rookery", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rookery")

pytest_plugins = [
    "tests.support.aws_server",
    "tests.support.backend",
    "tests.support.server",
    "tests.support.browser",
    "tests.support.colony",
    "tests.support.homes",
    "tests.support.llama",
    "tests.support.desk",
    "tests.support.chroma_server",
    "tests.support.openai_model",
    "tests.support.otlp_server",
    "tests.support.pausing",
    "tests.support.pinecone_server",
    "tests.support.prefect",
    "tests.support.s3_server",
    "tests.support.terraform",
    "tests.support.weaviate",
    "tests.support.web_server",
    "features.steps.agents",
    "features.steps.approvals",
    "features.steps.asking",
    "features.steps.sources",
    "features.steps.steering",
    "features.steps.story",
    "features.steps.durability",
    "features.steps.everywhere",
    "features.steps.mcp",
    "features.steps.integrations",
    "features.steps.memory",
    "features.steps.moving",
    "features.steps.tuning",
    "features.steps.web",
]


def pytest_collection_finish() -> None:
    """Set aside what lives as long as the tests do.

    Python looks for what refers to itself (containers do, with the models they hold) only when a quarter has been added
    to all it keeps, and thousands of collected tests are so much that gigabytes of dead models would wait.
    """
    gc.collect()
    gc.freeze()
    gc.collect()
