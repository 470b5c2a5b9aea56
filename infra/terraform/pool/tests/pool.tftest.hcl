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
  mock_resource "aws_db_instance" {
    defaults = { master_user_secret = [{ secret_arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db" }] }
  }
  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/rookery" }
  }
  mock_resource "aws_lb" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/rookery/1" }
  }
  mock_resource "aws_lb_target_group" {
    defaults = { arn = "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/rookery/1" }
  }
  mock_resource "aws_launch_template" {
    defaults = { id = "lt-00000000000000001", latest_version = 1 }
  }
}

variables {
  image         = "ghcr.io/example/rookery:0.1.0"
  server_image  = "ghcr.io/ggml-org/llama.cpp:server-cuda-b6800"
  budget_emails = ["someone@example.org"]
  ami_id        = "ami-00000000000000001"
}

run "the_database_is_closed_encrypted_and_kept" {
  command = plan
  assert {
    condition     = !aws_db_instance.prefect.publicly_accessible && aws_db_instance.prefect.storage_encrypted
    error_message = "The database is open."
  }
  assert {
    condition     = aws_db_instance.prefect.deletion_protection && !aws_db_instance.prefect.skip_final_snapshot
    error_message = "The database would be lost."
  }
  assert {
    condition     = aws_lb.models.internal
    error_message = "The models can be reached from the internet."
  }
}

run "the_name_of_the_conductor_is_known_inside_alone" {
  command = plan
  assert {
    condition     = length(aws_route53_zone.inside.vpc) == 1
    error_message = "The zone is public."
  }
}

run "user_data_fits" {
  command = apply
  assert {
    condition = alltrue([
      for boot in [module.conductor_boot, module.worker_boot, module.model_boot] : length(boot.user_data_base64) * 3 / 4 < 16384
    ])
    error_message = "User data may have 16 KiB."
  }
  assert {
    condition = alltrue([
      for machine in ["conductor", "worker"] : strcontains(output.user_data[machine], "ROOKERY_RUNS__SHARED=true")
    ])
    error_message = "Conductor and workers would not share runs."
  }
}

run "outside_working_hours_there_is_no_GPU_machine" {
  command = plan
  variables {
    working_hours = { start = "0 7 * * 1-5", end = "0 19 * * 1-5", time_zone = "Europe/Berlin" }
  }
  assert {
    condition     = aws_autoscaling_schedule.hours["end"].max_size == 0
    error_message = "They go on costing."
  }
}

run "a_server_that_changes_by_itself_is_refused" {
  command = plan
  variables {
    server_image = "ghcr.io/ggml-org/llama.cpp:server-cuda"
  }
  expect_failures = [var.server_image]
}

run "more_at_least_than_at_most_is_refused" {
  command = plan
  variables {
    gpu_machines = { min = 3, max = 2 }
  }
  expect_failures = [var.gpu_machines]
}

run "no_worker_at_all_is_refused" {
  command = plan
  variables {
    workers = { min = 0, max = 2 }
  }
  expect_failures = [var.workers]
}

run "runs_that_would_be_gone_next_day_are_refused" {
  command = plan
  variables {
    keep_runs_days = 1
  }
  expect_failures = [var.keep_runs_days]
}

run "a_conductor_that_cannot_run_the_image_is_refused" {
  command = plan
  variables {
    conductor_type = "m7g.xlarge"
  }
  expect_failures = [var.conductor_type]
}
