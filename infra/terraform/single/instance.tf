locals {
  pulls = var.model != "extractive"
  units = concat(["rookery.service", "rookery-sync.service"], var.idle_minutes > 0 ? ["rookery-idle.timer"] : [])
}

module "boot" {
  source = "../modules/boot"
  image  = var.image
  units  = local.units
  settings = {
    REGION          = local.region
    MODEL           = local.pulls ? var.model : ""
    DATA_VOLUME     = aws_ebs_volume.data.id
    NVIDIA_DRIVER   = var.nvidia_driver
    IDLE_MINUTES    = tostring(var.idle_minutes)
    TOKEN_PARAMETER = aws_ssm_parameter.token.name
    ECR_HOST        = var.ecr_repository_arn == null ? "" : split("/", var.image)[0]
    LISTEN          = length(var.allowed_cidrs) == 0 ? "127.0.0.1" : "0.0.0.0"
  }
  environment = merge({
    AWS_REGION                        = local.region
    ROOKERY_RESEARCH__MODEL           = var.model
    ROOKERY_SYNC__STORE               = "s3"
    ROOKERY_OBJECT_STORES__S3__BUCKET = module.bucket.name
    ROOKERY_OBJECT_STORES__S3__REGION = local.region
  }, var.environment)
}

resource "aws_security_group" "closed" {
  name_prefix = "${var.name}-"
  description = "Rookery: nothing comes in; the way in is Session Manager"
  vpc_id      = local.vpc_id
  tags        = { Name = var.name }
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_egress_rule" "web" {
  for_each          = { https = 443, http = 80 }
  security_group_id = aws_security_group.closed.id
  description       = each.key == "https" ? "AWS, registries, models, web sources" : "Ubuntu's packages, which are signed; web sources"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_ingress_rule" "allowed" {
  for_each          = toset(var.allowed_cidrs)
  security_group_id = aws_security_group.closed.id
  description       = "The API, for a network that was named"
  ip_protocol       = "tcp"
  from_port         = 8400
  to_port           = 8400
  cidr_ipv4         = each.value
}

resource "aws_instance" "this" {
  ami                                  = local.ami
  instance_type                        = var.instance_type
  subnet_id                            = local.subnet_id
  vpc_security_group_ids               = [aws_security_group.closed.id]
  iam_instance_profile                 = module.role.profile
  user_data_base64                     = module.boot.user_data_base64
  user_data_replace_on_change          = true
  instance_initiated_shutdown_behavior = "stop"
  ebs_optimized                        = true
  monitoring                           = var.detailed_monitoring
  tags                                 = { Name = var.name }

  # Two hops: containers are one further away.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2
    instance_metadata_tags      = "disabled"
  }

  root_block_device {
    encrypted   = true
    kms_key_id  = var.kms_key_arn
    volume_type = "gp3"
    volume_size = var.root_gb
  }

  dynamic "instance_market_options" {
    for_each = var.spot ? [1] : []
    content {
      market_type = "spot"
      spot_options {
        spot_instance_type             = "persistent"
        instance_interruption_behavior = "stop"
        max_price                      = var.spot_max_usd == null ? null : tostring(var.spot_max_usd)
      }
    }
  }

  lifecycle {
    ignore_changes = [ami] # a newer one is no reason to make the machine anew; `terraform apply -replace` does it
  }
}

# Models, sources and memory: a machine that is made anew finds them again.
resource "aws_ebs_volume" "data" {
  #checkov:skip=CKV_AWS_189:AWS's key of the account, unless kms_key_arn names another.
  #checkov:skip=CKV2_AWS_9:What cannot be made again, memory, is in the bucket, too.
  availability_zone = data.aws_subnet.here.availability_zone
  size              = var.data_gb
  type              = "gp3"
  encrypted         = true
  kms_key_id        = var.kms_key_arn
  tags              = { Name = "${var.name}-data" }
}

resource "aws_volume_attachment" "data" {
  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.data.id
  instance_id                    = aws_instance.this.id
  stop_instance_before_detaching = true
}

# The machine stops itself when it is idle. Should that part of it be broken, a processor that does nothing tells.
resource "aws_cloudwatch_metric_alarm" "left_running" {
  count               = var.idle_minutes > 0 ? 1 : 0
  alarm_name          = "${var.name}-left-running"
  alarm_description   = "The machine does nothing and has not stopped itself: it is stopped."
  namespace           = "AWS/EC2"
  metric_name         = "CPUUtilization"
  dimensions          = { InstanceId = aws_instance.this.id }
  statistic           = "Maximum"
  comparison_operator = "LessThanThreshold"
  threshold           = 3
  period              = 900
  evaluation_periods  = ceil((var.idle_minutes + 60) / 15)
  treat_missing_data  = "notBreaching"
  alarm_actions       = ["arn:${data.aws_partition.here.partition}:automate:${local.region}:ec2:stop"]
}

data "aws_partition" "here" {}
