# For those who outgrow one machine: one that is asked, and as many that work as there is work for.
#
#   conductor   `rookery serve`, with the documents and a home on its own disk, and Prefect's server, whose data is in Postgres
#   workers     an autoscaling group; each takes runs from Prefect's work pool and conducts them, in a home of its own
#   models      an autoscaling group of GPU machines behind an internal load balancer; each serves the model by llama.cpp
#
# Runs, texts and memory travel through the bucket: docs/guides/several-machines.md says how, and what happens when.

data "aws_region" "here" {}

data "aws_partition" "here" {}

data "aws_ssm_parameter" "ubuntu" {
  count = var.ami_id == null ? 1 : 0
  name  = "/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"
}

locals {
  ami    = var.ami_id == null ? nonsensitive(data.aws_ssm_parameter.ubuntu[0].value) : var.ami_id
  region = data.aws_region.here.name

  metrics = "Rookery/${var.name}" # the conductor's, in CloudWatch

  # What conductor and workers have in common.
  environment = {
    AWS_REGION                                = local.region
    OPENAI_BASE_URL                           = "http://${aws_lb.models.dns_name}:8080/v1"
    ROOKERY_LLMS__OPENAI__MODEL               = var.model
    ROOKERY_LLMS__OPENAI__CONTEXT_TOKENS      = var.slot_tokens
    ROOKERY_OBJECT_STORES__S3__BUCKET         = module.bucket.name
    ROOKERY_OBJECT_STORES__S3__REGION         = local.region
    ROOKERY_ORCHESTRATORS__PREFECT__WORK_POOL = var.name
    ROOKERY_RESEARCH__MODEL                   = "openai"
    ROOKERY_RESEARCH__ORCHESTRATOR            = "prefect"
    ROOKERY_RUNS__SHARED                      = "true"
    ROOKERY_SERVER__PARALLEL_RUNS             = var.runs_per_worker
    ROOKERY_SYNC__STORE                       = "s3"
  }
}

module "network" {
  source  = "../modules/network"
  name    = var.name
  cidr    = var.network_cidr
  zones   = 2
  private = true
}

module "bucket" {
  source         = "../modules/bucket"
  name           = var.name
  kms_key_arn    = var.kms_key_arn
  keep_runs_days = var.keep_runs_days
  force_destroy  = var.destroy_data
}

module "budget" {
  source      = "../modules/budget"
  name        = var.name
  monthly_usd = var.budget_monthly_usd
  emails      = var.budget_emails
}
