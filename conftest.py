"""Fixtures and steps that tests and features share."""

pytest_plugins = [
    "tests.support.backend",
    "tests.support.server",
    "tests.support.browser",
    "tests.support.colony",
    "tests.support.homes",
    "tests.support.llama",
    "tests.support.desk",
    "tests.support.chroma_server",
    "tests.support.openai_model",
    "tests.support.pinecone_server",
    "tests.support.prefect",
    "tests.support.s3_server",
    "tests.support.weaviate",
    "tests.support.web_server",
    "features.steps.asking",
    "features.steps.sources",
    "features.steps.steering",
    "features.steps.durability",
    "features.steps.everywhere",
    "features.steps.memory",
]
