"""The machine on AWS: applied against an AWS on this machine, read back by boto3, and destroyed."""

import json
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from tests.support.aws_server import client
from tests.support.terraform import Terraform

IMAGE = "ghcr.io/example/rookery:0.1.0"
BUDGET = {"budget_emails": ["someone@example.org"]}
AMI = "ami-12c6146b"  # of moto


class Applied(NamedTuple):
    """What was made, and where to ask for it."""

    terraform: Terraform
    url: str
    outputs: dict[str, Any]

    def client(self, service: str) -> Any:
        return client(service, self.url)

    @property
    def instance(self) -> dict[str, Any]:
        found = self.client("ec2").describe_instances(InstanceIds=[self.outputs["instance_id"]])
        return found["Reservations"][0]["Instances"][0]


@pytest.fixture(scope="module")
def applied(terraform: Terraform, aws: str) -> Applied:
    # moto has no MonitorInstances
    terraform.compose("single", aws, image=IMAGE, ami_id=AMI, detailed_monitoring=False, destroy_memory=True, **BUDGET)
    terraform.init()
    terraform("apply", "-auto-approve")
    return Applied(terraform, aws, terraform.outputs())


def test_a_second_plan_finds_nothing_to_change(applied: Applied) -> None:
    assert applied.terraform.changes() == set()


def test_the_instance_answers_for_its_role_to_version_2_alone_and_to_containers(applied: Applied) -> None:
    options = applied.instance["MetadataOptions"]
    assert options["HttpTokens"] == "required"
    assert options["HttpPutResponseHopLimit"] == 2


def test_nothing_comes_in_and_only_the_web_is_reached(applied: Applied) -> None:
    ec2, instance = applied.client("ec2"), applied.instance
    groups = [group["GroupId"] for group in instance["SecurityGroups"]]
    assert len(groups) == 1
    found = ec2.describe_security_groups(GroupIds=groups)["SecurityGroups"][0]
    assert found["IpPermissions"] == []
    assert sorted(rule["FromPort"] for rule in found["IpPermissionsEgress"]) == [80, 443]
    default = [{"Name": "vpc-id", "Values": [instance["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    closed = ec2.describe_security_groups(Filters=default)["SecurityGroups"][0]
    assert closed["IpPermissions"] == []
    assert closed["IpPermissionsEgress"] == []


def test_there_is_no_ssh_key(applied: Applied) -> None:
    assert not applied.instance.get("KeyName")
    assert "start-session" in applied.outputs["shell_command"]


def test_all_disks_are_encrypted_and_the_data_outlives_the_machine(applied: Applied) -> None:
    ec2, instance = applied.client("ec2"), applied.instance
    attached = {disk["Ebs"]["VolumeId"]: disk["Ebs"] for disk in instance["BlockDeviceMappings"]}
    volumes = ec2.describe_volumes(VolumeIds=list(attached))["Volumes"]
    assert len(volumes) == 2
    assert all(volume["Encrypted"] for volume in volumes)
    assert not attached[applied.outputs["data_volume_id"]]["DeleteOnTermination"]


def test_powering_off_stops_the_machine_and_does_not_end_it(applied: Applied) -> None:
    answer = applied.client("ec2").describe_instance_attribute(
        InstanceId=applied.outputs["instance_id"], Attribute="instanceInitiatedShutdownBehavior"
    )
    assert answer["InstanceInitiatedShutdownBehavior"]["Value"] == "stop"


def test_a_machine_that_fails_to_stop_itself_is_stopped(applied: Applied) -> None:
    alarm = applied.client("cloudwatch").describe_alarms(AlarmNames=["rookery-left-running"])["MetricAlarms"][0]
    assert alarm["AlarmActions"] == ["arn:aws:automate:us-east-1:ec2:stop"]
    assert alarm["Dimensions"] == [{"Name": "InstanceId", "Value": applied.outputs["instance_id"]}]


def test_the_bucket_is_private_versioned_encrypted_and_cleaned_up(applied: Applied) -> None:
    s3, bucket = applied.client("s3"), applied.outputs["bucket"]
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    rule = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert rule["BucketKeyEnabled"]
    owner = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"][0]
    assert owner["ObjectOwnership"] == "BucketOwnerEnforced"
    lifecycle = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    assert lifecycle["Status"] == "Enabled"
    assert lifecycle["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    assert lifecycle["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7
    assert "Expiration" not in lifecycle, "memory itself never expires"


def test_the_bucket_refuses_what_does_not_come_by_tls(applied: Applied) -> None:
    policy = json.loads(applied.client("s3").get_bucket_policy(Bucket=applied.outputs["bucket"])["Policy"])
    refused = {statement["Sid"]: statement for statement in policy["Statement"]}
    assert {statement["Effect"] for statement in refused.values()} == {"Deny"}
    assert refused["OnlyByTLS"]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert refused["OnlyByTLS12"]["Condition"] == {"NumericLessThan": {"s3:TlsVersion": "1.2"}}
    for statement in refused.values():
        assert statement["Principal"] in ("*", {"AWS": "*"})
        assert len(statement["Resource"]) == 2, "the bucket and what is in it"
    with pytest.raises(ClientError, match="403"):  # this AWS is plain HTTP
        applied.client("s3").put_object(Bucket=applied.outputs["bucket"], Key="segment", Body=b"memory")


def test_the_machine_may_do_what_it_must_and_no_more(applied: Applied) -> None:
    iam = applied.client("iam")
    role = applied.instance["IamInstanceProfile"]["Arn"].rpartition("/")[2]
    role = iam.get_instance_profile(InstanceProfileName=role)["InstanceProfile"]["Roles"][0]["RoleName"]
    assert iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"] == []
    assert iam.list_role_policies(RoleName=role)["PolicyNames"] == ["rookery"]
    document = iam.get_role_policy(RoleName=role, PolicyName="rookery")["PolicyDocument"]
    rights = {statement["Sid"]: statement for statement in document["Statement"]}
    assert set(rights) == {"SessionManager", "FindMemory", "ExchangeMemory", "LeaveToken"}
    assert sorted(rights["ExchangeMemory"]["Action"]) == ["s3:GetObject", "s3:PutObject"]
    bucket = f"arn:aws:s3:::{applied.outputs['bucket']}"
    assert rights["FindMemory"]["Resource"] == bucket
    assert rights["ExchangeMemory"]["Resource"] == f"{bucket}/*"
    assert rights["LeaveToken"]["Action"] == "ssm:PutParameter"
    assert rights["LeaveToken"]["Resource"].endswith(":parameter/rookery/token")
    actions = [action for statement in rights.values() for action in statement["Action"]]
    assert not [action for action in actions if "*" in action]


def test_the_token_is_left_encrypted_and_comes_into_no_state(applied: Applied) -> None:
    ssm = applied.client("ssm")
    ssm.put_parameter(Name="/rookery/token", Value="rk-from-the-machine", Type="SecureString", Overwrite=True)
    found = ssm.describe_parameters(Filters=[{"Key": "Name", "Values": ["/rookery/token"]}])["Parameters"][0]
    assert found["Type"] == "SecureString"
    assert "get-parameter" in applied.outputs["token_command"]
    applied.terraform("apply", "-auto-approve")
    assert "rk-from-the-machine" not in (applied.terraform.folder / "terraform.tfstate").read_text()
    assert ssm.get_parameter(Name="/rookery/token", WithDecryption=True)["Parameter"]["Value"] == "rk-from-the-machine"


def test_the_budget_tells_before_and_when_it_is_passed(applied: Applied) -> None:
    budgets = applied.client("budgets")
    account = applied.client("sts").get_caller_identity()["Account"]
    limit = budgets.describe_budget(AccountId=account, BudgetName="rookery")["Budget"]["BudgetLimit"]
    assert (float(limit["Amount"]), limit["Unit"]) == (100.0, "USD")
    told = budgets.describe_notifications_for_budget(AccountId=account, BudgetName="rookery")["Notifications"]
    assert {(one["NotificationType"], one["Threshold"]) for one in told} == {("ACTUAL", 80.0), ("FORECASTED", 100.0)}


def test_destroying_leaves_nothing(applied: Applied) -> None:
    applied.terraform("destroy", "-auto-approve")
    assert applied.instance["State"]["Name"] == "terminated"
    assert applied.client("s3").list_buckets()["Buckets"] == []
    assert applied.client("ssm").describe_parameters()["Parameters"] == []
    left = [role["RoleName"] for role in applied.client("iam").list_roles()["Roles"]]
    assert not [name for name in left if name.startswith("rookery")]
