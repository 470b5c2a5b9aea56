"""AWS as moto knows it, on this machine, with the few answers that moto leaves out and Terraform's provider needs."""

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

REGION = "us-east-1"
KEY = SECRET = "testing"


@pytest.fixture(scope="module")
def aws() -> Iterator[str]:
    """The address of an empty AWS. All servers of a process share what moto holds."""
    from moto.moto_api._internal.models import moto_api_backend

    moto_api_backend.reset()
    with aws_server() as url:
        yield url


@contextmanager
def aws_server() -> Iterator[str]:
    """Serve on a free loopback port."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    with pytest.MonkeyPatch.context() as patch:
        _complete(patch)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()
        server.server_close()


def client(service: Any, url: str) -> Any:
    """Return boto3's client of that AWS."""
    import boto3

    keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": REGION}
    return boto3.client(service, endpoint_url=url, **keys)


def _complete(patch: pytest.MonkeyPatch) -> None:
    from moto.budgets.responses import BudgetsResponse
    from moto.ec2.models.instances import Instance

    def subscribers(self: Any) -> str:
        """Who is told, of a budget's notification."""
        budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
        wanted = self._get_param("Notification")
        found = [n.subscribers for n in budget.notifications if n.details.items() >= wanted.items()]
        return json.dumps({"Subscribers": found[0] if found else []})

    def tags(_: Any) -> str:
        return json.dumps({"ResourceTags": []})

    def groups(self: Any) -> list[Any]:
        """An instance's security groups are those of its network interfaces, also after it was modified."""
        own = self.__dict__.get("groups_of_its_own")
        return own or [group for nic in self.__dict__.get("nics", {}).values() for group in nic._group_set]

    def set_groups(self: Any, given: list[Any]) -> None:
        self.__dict__["groups_of_its_own"] = given

    patch.setattr(BudgetsResponse, "describe_subscribers_for_notification", subscribers, raising=False)
    patch.setattr(BudgetsResponse, "list_tags_for_resource", tags, raising=False)
    patch.setattr(Instance, "security_groups", property(groups, set_groups), raising=False)
