"""Terraform in a folder of its own, with the provider that is here or that its registry has."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.server import ROOT

MODULES = ROOT / "infra" / "terraform"
_SERVICES = (
    *("autoscaling", "budgets", "cloudwatch", "dlm", "ec2", "elbv2", "iam", "kms"),
    *("rds", "route53", "s3", "secretsmanager", "ssm", "sts"),
)
_PROVIDER = "terraform-provider-aws_*"


class Terraform(NamedTuple):
    """Terraform at work in a folder that has a copy of the modules in `infra`."""

    folder: Path

    def __call__(self, *arguments: str, within: str = ".", fails: bool = False) -> str:
        """Run it and return what it printed; a test fails when it does, unless that is wanted."""
        command = ["terraform", f"-chdir={self.folder / within}", *arguments]
        environment = os.environ | {"TF_IN_AUTOMATION": "1", "TF_CLI_ARGS": "-no-color", "CHECKPOINT_DISABLE": "1"}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (ended.returncode != 0) is fails, f"{' '.join(command)}\n{ended.stdout[-4000:]}\n{ended.stderr[-4000:]}"
        return ended.stdout

    def init(self, within: str = ".") -> None:
        """Install the provider: from this machine where it lies somewhere, else from Terraform's registry."""
        mirror = _mirror()
        self("init", "-backend=false", *([f"-plugin-dir={mirror}"] if mirror else []), within=within)

    def compose(self, module: str, endpoint: str, **arguments: Any) -> None:
        """Write a configuration that uses a module, against an AWS at an address."""
        provider = {
            "region": "us-east-1",
            "access_key": "testing",
            "secret_key": "testing",
            "max_retries": 4,  # moto closes a connection now and then
            "s3_use_path_style": True,
            "skip_metadata_api_check": "true",
            "endpoints": [dict.fromkeys(_SERVICES, endpoint)],
        }
        written = {
            "provider": {"aws": provider},
            "module": {"rookery": {"source": f"./infra/terraform/{module}"} | arguments},
            "output": {"rookery": {"value": "${module.rookery}"}},
        }
        (self.folder / "main.tf.json").write_text(json.dumps(written, indent=1))

    def changes(self) -> set[str]:
        """Return what a plan would change: the kind of a resource and the attribute, such as `aws_instance.tags`."""
        self("plan", "-out", "plan")
        planned = json.loads(self("show", "-json", "plan"))
        return {
            f"{resource['type']}.{name}"
            for resource in planned.get("resource_changes", [])
            if resource["change"]["actions"] not in (["no-op"], ["read"])
            for name in _different(resource["change"])
        }

    def outputs(self) -> dict[str, Any]:
        """Return what the module tells."""
        return json.loads(self("output", "-json"))["rookery"]["value"]


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Terraform:
    """Terraform; tests that need it are skipped, by that name, where it is not installed."""
    if shutil.which("terraform") is None:
        pytest.skip("terraform is not installed (PyPI, npm and Debian do not have it)")
    folder = tmp_path_factory.mktemp("terraform")
    shutil.copytree(MODULES, folder / "infra" / "terraform", ignore=shutil.ignore_patterns(".terraform*"))
    return Terraform(folder)


def _different(change: dict[str, Any]) -> set[str]:
    before, after = change["before"] or {}, change["after"] or {}
    return {name for name in before | after if before.get(name) != after.get(name)} or {"*"}


def _mirror() -> Path | None:
    """Return a plugin mirror of this machine that has the AWS provider; `ROOKERY_TERRAFORM_PLUGINS` names another."""
    named = os.environ.get("ROOKERY_TERRAFORM_PLUGINS")
    roots = [Path(named)] if named else [path for path in Path("/opt").glob("*") if path.is_dir()]
    for root in roots:
        if next(root.glob(f"*/hashicorp/aws/*/*/{_PROVIDER}"), None):
            return root
    return None
