# One GPU machine with Rookery on it: nothing can reach it but Session Manager, and it stops itself when nobody uses it.
#
#   module "rookery" {
#     source            = "github.com/OWNER/rookery//infra/terraform/single"
#     image             = "ghcr.io/OWNER/rookery:0.1.0"
#     budget_emails     = ["you@example.org"]
#   }

data "aws_region" "here" {}

data "aws_ssm_parameter" "ubuntu" {
  count = var.ami_id == null ? 1 : 0
  name  = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

locals {
  ami       = var.ami_id == null ? nonsensitive(data.aws_ssm_parameter.ubuntu[0].value) : var.ami_id
  region    = data.aws_region.here.name
  vpc_id    = var.subnet_id == null ? module.network[0].vpc_id : data.aws_subnet.given[0].vpc_id
  subnet_id = var.subnet_id == null ? module.network[0].public_subnet_ids[0] : var.subnet_id
}

module "network" {
  source = "../modules/network"
  count  = var.subnet_id == null ? 1 : 0
  name   = var.name
  cidr   = var.network_cidr
  zones  = 1
}

data "aws_subnet" "given" {
  count = var.subnet_id == null ? 0 : 1
  id    = var.subnet_id
}

data "aws_subnet" "here" {
  id = local.subnet_id
}

module "bucket" {
  source                 = "../modules/bucket"
  name                   = var.name
  kms_key_arn            = var.kms_key_arn
  keep_old_versions_days = var.keep_old_versions_days
  force_destroy          = var.destroy_memory
}

module "budget" {
  source      = "../modules/budget"
  name        = var.name
  monthly_usd = var.budget_monthly_usd
  emails      = var.budget_emails
}
