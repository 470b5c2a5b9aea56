"""Terraform's modules without any AWS: form, types, rules, and what machines are told at their first start."""

import json
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.support.terraform import MODULES, Terraform

CHECKOV = "checkov==3.3.30"  # 300 MB with all that it needs: in no environment of ours
SCRIPTS = sorted((MODULES / "modules/boot/files").glob("[!u]*"))


@pytest.mark.parametrize("module", ["single", "pool"])
def test_modules_are_valid_and_keep_their_promises(terraform: Terraform, module: str) -> None:
    within = f"infra/terraform/{module}"
    terraform.init(within)
    terraform("validate", within=within)
    told = terraform("test", within=within)
    assert "0 failed" in told


def test_modules_are_written_as_terraform_writes_them(terraform: Terraform) -> None:
    terraform("fmt", "-check", "-recursive", "-diff", within="infra/terraform")


def test_checkov_finds_nothing_that_is_not_justified_in_the_code() -> None:
    uv = shutil.which("uv")
    assert uv is not None
    command = [uv, "tool", "run", "--quiet", "--from", CHECKOV, "checkov", "--directory", str(MODULES)]
    options = ["--framework", "terraform", "--skip-download", "--output", "json"]
    ended = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    told = json.loads(ended.stdout)
    found = told["results"]
    assert [(check["check_id"], check["resource"]) for check in found["failed_checks"]] == []
    assert told["summary"]["passed"] > 100
    for check in found["skipped_checks"]:
        assert len(check["check_result"]["suppress_comment"]) > 20, f"{check['check_id']} has no reason"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_of_machines_pass_shellcheck(script: Path) -> None:
    subprocess.run(["shellcheck", script], check=True)


def test_user_data_is_what_cloud_init_takes(user_data: list[str], cloud_init_schema: object) -> None:
    for text in user_data:
        jsonschema.Draft4Validator(cloud_init_schema).validate(yaml.safe_load(text))


def test_user_data_names_only_files_that_it_brings(user_data: list[str]) -> None:
    for text in user_data:
        told = yaml.safe_load(text)
        files = {file["path"]: file for file in told["write_files"]}
        assert files[told["runcmd"][0][0]]["permissions"] == "0755"
        settings = dict(line.split("=", 1) for line in files["/etc/rookery/machine.env"]["content"].splitlines())
        for unit in settings["UNITS"].strip("'").split():
            name, _, kind = unit.partition(".")
            assert f"/etc/systemd/system/{unit}" in files
            if kind == "timer":
                assert f"/etc/systemd/system/{name}.service" in files
        for path, file in files.items():
            for line in file["content"].splitlines():
                if path.startswith("/etc/systemd/") and line.startswith("ExecStart") and "/opt/" in line:
                    assert line.split("=", 1)[1].split()[0] in files


@pytest.fixture(scope="module")
def user_data(terraform: Terraform) -> list[str]:
    """What machines of each kind are told, with the boot module alone."""
    kinds = {
        "single": ["rookery.service", "rookery-sync.service", "rookery-idle.timer"],
        "conductor": ["prefect.service", "rookery.service", "rookery-runs.timer"],
        "worker": ["rookery-worker.service"],
        "model": ["model.service"],
    }
    given = {"image": "example/rookery:1", "settings": {"REGION": "us-east-1"}, "environment": {"A": "it's"}}
    modules = {
        kind: {"source": "../infra/terraform/modules/boot", "units": units} | given for kind, units in kinds.items()
    }
    outputs = {kind: {"value": f"${{module.{kind}.user_data}}"} for kind in kinds}
    folder = terraform.folder / "boot"
    folder.mkdir(exist_ok=True)
    (folder / "main.tf.json").write_text(json.dumps({"module": modules, "output": outputs}))
    terraform("init", within="boot")
    terraform("apply", "-auto-approve", within="boot")
    return [told["value"] for told in json.loads(terraform("output", "-json", within="boot")).values()]


@pytest.fixture(scope="module")
def cloud_init_schema(tmp_path_factory: pytest.TempPathFactory) -> object:
    """The schema of Debian's cloud-init, which is unpacked and not installed."""
    if shutil.which("apt-get") is None:
        pytest.skip("cloud-init's schema is taken from Debian's package, and apt-get is not here")
    folder = tmp_path_factory.mktemp("cloud-init")
    subprocess.run(["apt-get", "download", "-qq", "cloud-init"], cwd=folder, check=True)
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    schemas = folder / "usr/lib/python3/dist-packages/cloudinit/config/schemas"
    return json.loads((schemas / "schema-cloud-config-v1.json").read_text())
