"""The Compose file, as Compose itself understands it; no engine is needed for that."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import ROOT

FILE = ROOT / "infra" / "compose.yaml"
PROFILES = {
    "": {"rookery"},
    "vulkan": {"rookery", "rookery-vulkan"},
    "chroma": {"rookery", "chroma"},
    "weaviate": {"rookery", "weaviate"},
    "minio": {"rookery", "minio", "minio-bucket"},
    "prefect": {"rookery", "rookery-worker", "prefect", "postgres"},
    "searxng": {"rookery", "searxng"},
}
WRITES_ITS_OWN_FILES = {"chroma", "searxng"}  # not made for a root that cannot be written
ENDS_OR_SERVES_NOTHING = {"minio-bucket", "rookery-worker"}


def composed(profile: str, env_file: Path | None = None) -> dict[str, Any]:
    """Return the whole configuration with one profile, with no setting of this machine."""
    command = ["docker-compose", "--file", str(FILE), *(["--env-file", str(env_file)] if env_file else [])]
    command += ["--profile", profile] if profile else []
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ROOKERY_", "COMPOSE_"))}
    ended = subprocess.run(
        [*command, "config", "--format", "json"], env=environment, capture_output=True, text=True, check=True
    )
    assert "variable is not set" not in ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    return composed("*")["services"]


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_has_what_it_says(profile: str) -> None:
    assert set(composed(profile)["services"]) == PROFILES[profile]


def test_no_port_is_published_beyond_this_machine(everything: dict[str, Any]) -> None:
    ports = [port for service in everything.values() for port in service.get("ports", [])]
    assert len(ports) >= 8
    assert {port["host_ip"] for port in ports} == {"127.0.0.1"}


def test_containers_have_no_rights_that_they_do_not_need(everything: dict[str, Any]) -> None:
    for name, service in everything.items():
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service.get("read_only", False) is (name not in WRITES_ITS_OWN_FILES), name
        assert "privileged" not in service, name
        assert service.get("network_mode") != "host", name


def test_whoever_waits_for_a_service_waits_until_it_is_healthy(everything: dict[str, Any]) -> None:
    for name, service in everything.items():
        ours = service["image"].startswith("rookery")  # the image has a check of its own
        assert "healthcheck" in service or ours or name in ENDS_OR_SERVES_NOTHING, name
        for needed in service.get("depends_on", {}).values():
            assert needed["condition"] == "service_healthy", name


def test_logs_do_not_fill_the_disk(everything: dict[str, Any]) -> None:
    for name, service in everything.items():
        assert service["logging"]["options"] == {"max-file": "5", "max-size": "10m"}, name


def test_images_are_named_with_their_versions(everything: dict[str, Any]) -> None:
    for service in everything.values():
        image = service["image"]
        assert image.startswith("rookery") or (":" in image and not image.endswith(":latest"))


def test_all_rookeries_share_one_home_and_read_documents_only(everything: dict[str, Any]) -> None:
    for name in ("rookery", "rookery-vulkan", "rookery-worker"):
        mounted = {volume["target"]: volume for volume in everything[name]["volumes"]}
        assert mounted["/var/lib/rookery"]["source"] == "home"
        assert mounted["/documents"]["read_only"]
        assert everything[name]["stop_grace_period"] == "1m0s"


def test_the_example_of_settings_serves_compose_too(tmp_path: Path) -> None:
    """With every line of `.env.example` in force, also the ones for Compose."""
    settings = tmp_path / "settings"
    lines = (ROOT / ".env.example").read_text().splitlines()
    given = [line.removeprefix("# ") for line in lines if line.startswith("# ") and "=" in line.split(" ", 2)[1]]
    settings.write_text("\n".join([*given, "POSTGRES_PASSWORD=secret"]) + "\n")
    services = composed("*", settings)["services"]
    assert services["rookery"]["ports"][0]["published"] == "8400"
    assert "secret" in services["prefect"]["environment"]["PREFECT_API_DATABASE_CONNECTION_URL"]
