# For those who outgrow one machine: a conductor with several workers, and as many GPU machines as there is work for.
#
#   conductor   holds ROOKERY_HOME on its own disk; runs `rookery serve`, Prefect's server (its data in Postgres) and
#               the workers of the work pool, each a process
#   models      an autoscaling group of GPU machines behind an internal load balancer; each serves the model by llama.cpp
#
# Why these workers are not spread over machines: they share ROOKERY_HOME, whose SQLite files are in WAL mode, and that
# holds between processes of one machine only, on EFS as on any network file system. docs/deploy.md says what it takes
# to have workers elsewhere.

data "aws_region" "here" {}

data "aws_partition" "here" {}

data "aws_ssm_parameter" "ubuntu" {
  count = var.ami_id == null ? 1 : 0
  name  = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

locals {
  ami    = var.ami_id == null ? nonsensitive(data.aws_ssm_parameter.ubuntu[0].value) : var.ami_id
  region = data.aws_region.here.name
}

module "network" {
  source  = "../modules/network"
  name    = var.name
  cidr    = var.network_cidr
  zones   = 2
  private = true
}

module "bucket" {
  source        = "../modules/bucket"
  name          = var.name
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.destroy_data
}

module "budget" {
  source      = "../modules/budget"
  name        = var.name
  monthly_usd = var.budget_monthly_usd
  emails      = var.budget_emails
}
