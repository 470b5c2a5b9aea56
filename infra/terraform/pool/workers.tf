# The machines that conduct runs. Each has a home of its own; a run travels through the bucket, and one whose worker is
# gone is taken by another. So they come and go with the runs that there are.

module "worker_role" {
  source      = "../modules/role"
  name        = "${var.name}-worker"
  bucket_arn  = module.bucket.arn
  kms_key_arn = var.kms_key_arn
}

module "worker_boot" {
  source      = "../modules/boot"
  image       = var.image
  units       = ["rookery-worker.service"]
  settings    = { REGION = local.region }
  environment = merge(local.environment, { PREFECT_API_URL = "http://${aws_route53_record.conductor.fqdn}:4200/api" })
}

resource "aws_security_group" "worker" {
  name_prefix = "${var.name}-worker-"
  description = "A worker: nothing comes in"
  vpc_id      = module.network.vpc_id
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "worker_web" {
  for_each          = { https = 443, http = 80 }
  security_group_id = aws_security_group.worker.id
  description       = each.key == "https" ? "AWS, registries, web sources" : "Packages of Ubuntu, which are signed; web sources"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "worker_inside" {
  for_each = {
    models  = { port = 8080, group = aws_security_group.balancer.id }
    prefect = { port = 4200, group = aws_security_group.conductor.id }
  }
  security_group_id            = aws_security_group.worker.id
  description                  = "The ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  referenced_security_group_id = each.value.group
}

module "workers" {
  source              = "../modules/group"
  name                = "${var.name}-worker"
  type                = var.worker_type
  size                = var.workers
  ami                 = local.ami
  user_data_base64    = module.worker_boot.user_data_base64
  profile_arn         = module.worker_role.profile_arn
  security_group_id   = aws_security_group.worker.id
  subnet_ids          = module.network.public_subnet_ids
  disk_gb             = 40
  spot_share          = var.worker_spot_share
  warmup_seconds      = 300 # packages and the image
  kms_key_arn         = var.kms_key_arn
  detailed_monitoring = var.detailed_monitoring
}

# As many workers as the runs that wait or are at work need. The conductor tells their number each minute; while it is
# silent, the group stays as it is.
resource "aws_autoscaling_policy" "runs" {
  name                      = "${var.name}-runs"
  autoscaling_group_name    = module.workers.name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = 300
  target_tracking_configuration {
    target_value = var.runs_per_worker
    customized_metric_specification {
      metrics {
        id          = "runs"
        return_data = false
        metric_stat {
          stat = "Maximum"
          metric {
            namespace   = local.metrics
            metric_name = "Runs"
          }
        }
      }
      metrics {
        id          = "workers"
        return_data = false
        metric_stat {
          stat = "Average"
          metric {
            namespace   = "AWS/AutoScaling"
            metric_name = "GroupInServiceInstances"
            dimensions {
              name  = "AutoScalingGroupName"
              value = module.workers.name
            }
          }
        }
      }
      metrics {
        id          = "share"
        label       = "Runs for each worker"
        expression  = "runs / workers"
        return_data = true
      }
    }
  }
}
