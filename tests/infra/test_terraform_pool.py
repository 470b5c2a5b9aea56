"""Several machines on AWS: applied against an AWS on this machine, read back by boto3, and destroyed."""

import base64
import gzip
import json
from typing import Any, NamedTuple

import pytest
import yaml

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

    def group(self, kind: str) -> dict[str, Any]:
        """Return the autoscaling group of the workers, or of the models."""
        names = [self.outputs[f"{kind}_group"]]
        found = self.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=names)
        return found["AutoScalingGroups"][0]

    def template(self, kind: str) -> dict[str, Any]:
        """Return how the machines of a group are launched."""
        policy = self.group(kind)["MixedInstancesPolicy"]["LaunchTemplate"]["LaunchTemplateSpecification"]
        found = self.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=policy["LaunchTemplateId"], Versions=[policy["Version"]]
        )
        return found["LaunchTemplateVersions"][0]["LaunchTemplateData"]

    def tracked(self, kind: str) -> dict[str, Any]:
        """Return what a group grows and shrinks by."""
        name = self.outputs[f"{kind}_group"]
        policies = self.client("autoscaling").describe_policies(AutoScalingGroupName=name)
        return policies["ScalingPolicies"][0]["TargetTrackingConfiguration"]

    def rights(self, profile: str) -> dict[str, dict[str, Any]]:
        """Return what machines with a profile may do, by the names of the statements."""
        iam = self.client("iam")
        name = profile.rpartition("/")[2]
        role = iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"][0]["RoleName"]
        document = iam.get_role_policy(RoleName=role, PolicyName="rookery")["PolicyDocument"]
        statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        return {statement["Sid"]: statement for statement in statements}

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
    "aws_route53_zone.vpc",  # that the zone is private; pool.tftest.hcl asks for it
    "aws_vpc_security_group_egress_rule.description",  # where the rule names a group
    "aws_vpc_security_group_ingress_rule.description",
}


def test_a_second_plan_finds_nothing_to_change_but_what_moto_forgets(applied: Applied) -> None:
    assert applied.terraform.changes() <= MOTO_FORGETS


def test_each_part_is_reached_by_its_neighbour_alone(applied: Applied) -> None:
    conductor = applied.conductor["SecurityGroups"][0]["GroupId"]
    worker, model = (applied.template(kind)["SecurityGroupIds"][0] for kind in ("workers", "models"))
    assert applied.reached_by(worker) == []
    assert applied.reached_by(conductor) == [(4200, worker)]
    balancers = applied.client("elbv2").describe_load_balancers(LoadBalancerArns=[applied.outputs["balancer_arn"]])
    balancer = balancers["LoadBalancers"][0]
    assert balancer["Scheme"] == "internal"
    assert sorted(applied.reached_by(balancer["SecurityGroups"][0])) == sorted([(8080, conductor), (8080, worker)])
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
    rights = applied.rights(applied.conductor["IamInstanceProfile"]["Arn"])
    assert set(rights) == {
        "SessionManager", "FindMemory", "ExchangeMemory", "LeaveToken", "ReadSecrets", "TellMetrics",
    }  # fmt: skip
    found = applied.client("rds").describe_db_instances(DBInstanceIdentifier=applied.outputs["database"])
    assert rights["ReadSecrets"]["Resource"] == found["DBInstances"][0]["MasterUserSecret"]["SecretArn"]
    assert rights["TellMetrics"]["Condition"] == {"StringEquals": {"cloudwatch:namespace": "Rookery/rookery"}}


def test_a_worker_may_use_the_bucket_and_delete_nothing_in_it(applied: Applied) -> None:
    rights = applied.rights(applied.template("workers")["IamInstanceProfile"]["Arn"])
    assert set(rights) == {"SessionManager", "FindMemory", "ExchangeMemory"}
    assert sorted(rights["ExchangeMemory"]["Action"]) == ["s3:GetObject", "s3:PutObject"]


def test_a_gpu_machine_may_be_reached_by_session_manager_and_nothing_else(applied: Applied) -> None:
    assert set(applied.rights(applied.template("models")["IamInstanceProfile"]["Arn"])) == {"SessionManager"}


@pytest.mark.parametrize("kind", ["workers", "models"])
def test_machines_of_groups_are_as_closed_as_the_conductor(applied: Applied, kind: str) -> None:
    launched = applied.template(kind)
    assert launched["MetadataOptions"]["HttpTokens"] == "required"
    assert applied.conductor["MetadataOptions"]["HttpTokens"] == "required"
    assert launched["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] in (True, "true")
    assert "KeyName" not in launched


def test_gpu_machines_serve_the_model(applied: Applied) -> None:
    assert told(applied.template("models"), "machine")["SERVED_MODEL"] == "'unsloth/gemma-3-12b-it-GGUF:Q4_K_M'"


def test_conductor_and_workers_share_runs_and_are_told_the_same(applied: Applied) -> None:
    attribute = {"InstanceId": applied.outputs["conductor_id"], "Attribute": "userData"}
    found = applied.client("ec2").describe_instance_attribute(**attribute)["UserData"]["Value"]
    conductor = told({"UserData": found}, "rookery")
    worker = told(applied.template("workers"), "rookery")
    assert worker.pop("PREFECT_API_URL") == "http://conductor.rookery.internal:4200/api"
    conductor.pop("PREFECT_API_URL")
    assert conductor == worker
    assert worker["ROOKERY_RUNS__SHARED"] == "true"
    assert worker["ROOKERY_OBJECT_STORES__S3__BUCKET"] == applied.outputs["bucket"]


def test_workers_find_the_conductor_by_its_name(applied: Applied) -> None:
    dns = applied.client("route53")
    (zone,) = dns.list_hosted_zones()["HostedZones"]
    records = dns.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (record,) = [one for one in records if one["Name"] == "conductor.rookery.internal."]
    assert record["ResourceRecords"] == [{"Value": applied.conductor["PrivateIpAddress"]}]


def test_workers_grow_with_the_runs_that_there_are(applied: Applied) -> None:
    group = applied.group("workers")
    assert (group["MinSize"], group["MaxSize"], group["HealthCheckType"]) == (1, 8, "EC2")
    tracked = applied.tracked("workers")
    assert tracked["TargetValue"] == 4
    metrics = {one["Id"]: one for one in tracked["CustomizedMetricSpecification"]["Metrics"]}
    assert metrics["share"]["Expression"] == "runs / workers"
    assert metrics["runs"]["MetricStat"]["Metric"]["Namespace"] == "Rookery/rookery"


def test_gpu_machines_grow_with_requests_and_are_replaced_when_they_answer_no_more(applied: Applied) -> None:
    group = applied.group("models")
    assert (group["MinSize"], group["MaxSize"], group["HealthCheckType"]) == (1, 4, "ELB")
    metric = applied.tracked("models")["PredefinedMetricSpecification"]
    assert metric["PredefinedMetricType"] == "ALBRequestCountPerTarget"


def test_what_runs_wrote_for_other_machines_does_not_stay_for_ever(applied: Applied) -> None:
    bucket = {"Bucket": applied.outputs["bucket"]}
    rules = applied.client("s3").get_bucket_lifecycle_configuration(**bucket)["Rules"]
    ends = {rule["Filter"]["Prefix"]: rule["Expiration"]["Days"] for rule in rules if "Expiration" in rule}
    assert ends == {"runs/": 90, "wishes/": 90, "decisions/": 90}


def test_destroying_leaves_nothing(applied: Applied) -> None:
    applied.terraform("destroy", "-auto-approve")
    assert applied.conductor["State"]["Name"] == "terminated"
    assert applied.client("s3").list_buckets()["Buckets"] == []
    assert applied.client("rds").describe_db_instances()["DBInstances"] == []
    assert applied.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"] == []
    left = [role["RoleName"] for role in applied.client("iam").list_roles()["Roles"]]
    assert not [name for name in left if name.startswith("rookery")]


def told(launched: dict[str, Any], file: str) -> dict[str, str]:
    """Return the variables of a file in /etc/rookery that a machine is told to write."""
    text = base64.b64decode(launched["UserData"])
    cloud_config = yaml.safe_load(gzip.decompress(text) if text.startswith(b"\x1f\x8b") else text)
    (content,) = [one["content"] for one in cloud_config["write_files"] if one["path"] == f"/etc/rookery/{file}.env"]
    return dict(line.split("=", 1) for line in content.splitlines())
