mock_provider "aws" {
  mock_data "aws_availability_zones" {
    defaults = { names = ["us-east-1a", "us-east-1b"] }
  }
  mock_data "aws_region" {
    defaults = { name = "us-east-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
}

variables {
  image         = "ghcr.io/example/rookery:0.1.0"
  budget_emails = ["someone@example.org"]
  ami_id        = "ami-00000000000000001"
}

run "by_default_nothing_comes_in" {
  command = plan
  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.allowed) == 0
    error_message = "A port is open."
  }
  assert {
    condition     = aws_instance.this.metadata_options[0].http_tokens == "required"
    error_message = "The metadata service answers without a session."
  }
  assert {
    condition     = aws_instance.this.root_block_device[0].encrypted && aws_ebs_volume.data.encrypted
    error_message = "A disk is not encrypted."
  }
  assert {
    condition     = length(aws_instance.this.instance_market_options) == 0
    error_message = "Spare capacity is taken though nobody asked for it."
  }
}

run "user_data_fits" {
  command = apply
  assert {
    condition     = length(module.boot.user_data_base64) * 3 / 4 < 16384
    error_message = "User data may have 16 KiB."
  }
  assert {
    condition     = startswith(output.user_data, "#cloud-config\n") && strcontains(output.user_data, "IDLE_MINUTES='30'")
    error_message = "The machine is not told what to do."
  }
}

run "spare_capacity_is_stopped_and_not_ended" {
  command = plan
  variables {
    spot = true
  }
  assert {
    condition     = aws_instance.this.instance_market_options[0].spot_options[0].instance_interruption_behavior == "stop"
    error_message = "An interruption ends the machine."
  }
}

run "a_machine_that_never_idles_has_no_alarm" {
  command = plan
  variables {
    idle_minutes = 0
  }
  assert {
    condition     = length(aws_cloudwatch_metric_alarm.left_running) == 0
    error_message = "It would be stopped."
  }
}

run "a_named_network_may_come_in" {
  command = plan
  variables {
    allowed_cidrs = ["10.8.0.0/16"]
  }
  assert {
    condition     = aws_vpc_security_group_ingress_rule.allowed["10.8.0.0/16"].from_port == 8400
    error_message = "The rule is not the one that was asked for."
  }
}

run "an_image_without_a_version_is_refused" {
  command = plan
  variables {
    image = "ghcr.io/example/rookery:latest"
  }
  expect_failures = [var.image]
}

run "a_machine_without_a_known_gpu_is_refused" {
  command = plan
  variables {
    instance_type = "t3.large"
  }
  expect_failures = [var.instance_type]
}

run "the_whole_internet_is_refused" {
  command = plan
  variables {
    allowed_cidrs = ["0.0.0.0/0"]
  }
  expect_failures = [var.allowed_cidrs]
}

run "a_secret_in_user_data_is_refused" {
  command = plan
  variables {
    environment = { HF_TOKEN = "hf_x" }
  }
  expect_failures = [var.environment]
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan
  variables {
    budget_emails = []
  }
  expect_failures = [var.budget_emails]
}

run "a_name_that_AWS_would_not_take_is_refused" {
  command = plan
  variables {
    name = "My Rookery"
  }
  expect_failures = [var.name]
}

run "a_model_that_is_none_is_refused" {
  command = plan
  variables {
    model = "gemma"
  }
  expect_failures = [var.model]
}
