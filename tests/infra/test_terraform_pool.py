"""Several machines on AWS: applied against an AWS on this machine, read back by boto3, and destroyed."""

import base64
import gzip
import json
from typing import Any, NamedTuple

import pytest

from tests.support.aws_server import client
from tests.support.terraform import Terraform

ARGUMENTS = {
    "image": "ghcr.io/example/rookery:0.1.0",
    "server_image": "ghcr.io/ggml-org/llama.cpp:server-cuda-b6800",
    "budget_emails": ["someone@example.org"],
    "ami_id": "ami-12c6146b",  # of moto
    "detailed_monitoring": False,
    "destroy_data": True,
}


class Applied(NamedTuple):
    """What was made, and where to ask for it."""

    terraform: Terraform
    url: str
    outputs: dict[str, Any]

    def client(self, service: str) -> Any:
        return client(service, self.url)

    @property
    def conductor(self) -> dict[str, Any]:
        found = self.client("ec2").describe_instances(InstanceIds=[self.outputs["conductor_id"]])
        return found["Reservations"][0]["Instances"][0]

    @property
    def group(self) -> dict[str, Any]:
        names = [self.outputs["autoscaling_group"]]
        found = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=names)
        return found["AutoScalingGroups"][0]

    def reached_by(self, group: str) -> list[tuple[int, str]]:
        """Return from which other security groups one is reached, and at which ports."""
        found = self.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
        assert not [rule for rule in found["IpPermissions"] if rule["IpRanges"] or rule["Ipv6Ranges"]]
        return [
            (rule["FromPort"], pair["GroupId"]) for rule in found["IpPermissions"] for pair in rule["UserIdGroupPairs"]
        ]


@pytest.fixture(scope="module")
def applied(terraform: Terraform, aws: str) -> Applied:
    terraform.compose("pool", aws, **ARGUMENTS)
    terraform.init()
    terraform("apply", "-auto-approve")
    return Applied(terraform, aws, terraform.outputs())


MOTO_FORGETS = {
    "aws_autoscaling_policy.enabled",
    "aws_autoscaling_policy.predictive_scaling_configuration",
    "aws_db_parameter_group.parameter",  # which of them the user has set
    "aws_vpc_security_group_egress_rule.description",  # where the rule names a group
    "aws_vpc_security_group_ingress_rule.description",
}


def test_a_second_plan_finds_nothing_to_change_but_what_moto_forgets(applied: Applied) -> None:
    assert applied.terraform.changes() <= MOTO_FORGETS


def test_each_part_is_reached_by_its_neighbour_alone(applied: Applied) -> None:
    conductor = applied.conductor["SecurityGroups"][0]["GroupId"]
    assert applied.reached_by(conductor) == []
    balancers = applied.client("elbv2").describe_load_balancers(LoadBalancerArns=[applied.outputs["balancer_arn"]])
    balancer = balancers["LoadBalancers"][0]
    assert balancer["Scheme"] == "internal"
    assert applied.reached_by(balancer["SecurityGroups"][0]) == [(8080, conductor)]
    model = template(applied)["SecurityGroupIds"][0]
    assert applied.reached_by(model) == [(8080, balancer["SecurityGroups"][0])]
    database = applied.client("rds").describe_db_instances(DBInstanceIdentifier=applied.outputs["database"])
    (group,) = database["DBInstances"][0]["VpcSecurityGroups"]
    assert applied.reached_by(group["VpcSecurityGroupId"]) == [(5432, conductor)]


def test_the_database_is_private_and_encrypted_and_its_password_is_in_no_state(applied: Applied) -> None:
    found = applied.client("rds").describe_db_instances(DBInstanceIdentifier=applied.outputs["database"])
    database = found["DBInstances"][0]
    assert database["StorageEncrypted"]
    assert not database["PubliclyAccessible"]
    assert database["BackupRetentionPeriod"] == 7
    assert database["MasterUserSecret"]["SecretArn"]
    state = json.loads((applied.terraform.folder / "terraform.tfstate").read_text())
    (resource,) = [one for one in state["resources"] if one["type"] == "aws_db_instance"]
    assert not resource["instances"][0]["attributes"]["password"]


def test_the_database_takes_no_connection_without_tls(applied: Applied) -> None:
    rds = applied.client("rds")
    found = rds.describe_db_instances(DBInstanceIdentifier=applied.outputs["database"])["DBInstances"][0]
    group = found["DBParameterGroups"][0]["DBParameterGroupName"]
    parameters = rds.describe_db_parameters(DBParameterGroupName=group)["Parameters"]
    assert {one["ParameterName"]: one["ParameterValue"] for one in parameters}["rds.force_ssl"] == "1"


def test_the_conductor_may_read_the_password_of_its_database_and_no_other_secret(applied: Applied) -> None:
    iam = applied.client("iam")
    profile = applied.conductor["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    role = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]["RoleName"]
    document = iam.get_role_policy(RoleName=role, PolicyName="rookery")["PolicyDocument"]
    rights = {statement["Sid"]: statement for statement in document["Statement"]}
    assert set(rights) == {"SessionManager", "FindMemory", "ExchangeMemory", "LeaveToken", "ReadSecrets"}
    found = applied.client("rds").describe_db_instances(DBInstanceIdentifier=applied.outputs["database"])
    assert rights["ReadSecrets"]["Resource"] == found["DBInstances"][0]["MasterUserSecret"]["SecretArn"]


def test_a_gpu_machine_may_be_reached_by_session_manager_and_nothing_else(applied: Applied) -> None:
    iam = applied.client("iam")
    profile = template(applied)["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    role = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]["RoleName"]
    document = iam.get_role_policy(RoleName=role, PolicyName="rookery")["PolicyDocument"]
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    assert [statement["Sid"] for statement in statements] == ["SessionManager"]


def test_gpu_machines_are_as_closed_as_the_conductor(applied: Applied) -> None:
    launched = template(applied)
    assert launched["MetadataOptions"]["HttpTokens"] == "required"
    assert applied.conductor["MetadataOptions"]["HttpTokens"] == "required"
    assert launched["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] in (True, "true")
    assert "KeyName" not in launched
    told = gzip.decompress(base64.b64decode(launched["UserData"])).decode()
    assert told.startswith("#cloud-config\n")
    assert "SERVED_MODEL='unsloth/gemma-3-12b-it-GGUF:Q4_K_M'" in told


def test_the_group_grows_with_requests_and_replaces_what_answers_no_more(applied: Applied) -> None:
    group = applied.group
    assert (group["MinSize"], group["MaxSize"]) == (1, 4)
    assert group["HealthCheckType"] == "ELB"
    policies = applied.client("autoscaling").describe_policies(AutoScalingGroupName=group["AutoScalingGroupName"])
    tracked = policies["ScalingPolicies"][0]["TargetTrackingConfiguration"]
    assert tracked["PredefinedMetricSpecification"]["PredefinedMetricType"] == "ALBRequestCountPerTarget"


def test_destroying_leaves_nothing(applied: Applied) -> None:
    applied.terraform("destroy", "-auto-approve")
    assert applied.conductor["State"]["Name"] == "terminated"
    assert applied.client("s3").list_buckets()["Buckets"] == []
    assert applied.client("rds").describe_db_instances()["DBInstances"] == []
    assert applied.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    left = [role["RoleName"] for role in applied.client("iam").list_roles()["Roles"]]
    assert not [name for name in left if name.startswith("rookery")]


def template(applied: Applied) -> dict[str, Any]:
    """Return how GPU machines are launched."""
    policy = applied.group["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
    found = applied.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=policy["LaunchTemplateId"], Versions=[policy["Version"]]
    )
    return found["LaunchTemplateVersions"][0]["LaunchTemplateData"]
