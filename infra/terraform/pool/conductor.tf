module "conductor_role" {
  source            = "../modules/role"
  name              = "${var.name}-conductor"
  bucket_arn        = module.bucket.arn
  kms_key_arn       = var.kms_key_arn
  writes_parameters = [aws_ssm_parameter.token.arn]
  reads_secrets     = [aws_db_instance.prefect.master_user_secret[0].secret_arn]
  writes_metrics    = [local.metrics]
}

# The machine makes its token itself and leaves it here: it is in no state file and no user data.
resource "aws_ssm_parameter" "token" {
  #checkov:skip=CKV_AWS_337:AWS's key of the account, unless kms_key_arn names another.
  name             = "/${var.name}/token"
  description      = "The API token that Rookery made at its first start"
  type             = "SecureString"
  key_id           = var.kms_key_arn
  value_wo         = "not yet: the machine is being set up"
  value_wo_version = 1
}

module "conductor_boot" {
  source = "../modules/boot"
  image  = var.image
  units  = ["prefect.service", "rookery.service", "rookery-runs.timer"]
  settings = {
    REGION          = local.region
    DATA_VOLUME     = aws_ebs_volume.home.id
    TOKEN_PARAMETER = aws_ssm_parameter.token.name
    DATABASE_HOST   = aws_db_instance.prefect.address
    DATABASE_SECRET = aws_db_instance.prefect.master_user_secret[0].secret_arn
    METRICS         = local.metrics
  }
  environment = merge(local.environment, { PREFECT_API_URL = "http://prefect:4200/api" })
}

resource "aws_security_group" "conductor" {
  name_prefix = "${var.name}-conductor-"
  description = "The conductor: workers reach Prefect's server; the way in for people is Session Manager"
  vpc_id      = module.network.vpc_id
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "conductor" {
  security_group_id            = aws_security_group.conductor.id
  description                  = "Workers, at Prefect's server"
  ip_protocol                  = "tcp"
  from_port                    = 4200
  to_port                      = 4200
  referenced_security_group_id = aws_security_group.worker.id
}

resource "aws_vpc_security_group_egress_rule" "conductor_web" {
  for_each          = { https = 443, http = 80 }
  security_group_id = aws_security_group.conductor.id
  description       = each.key == "https" ? "AWS, registries, web sources" : "Packages of Ubuntu, which are signed; web sources"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_vpc_security_group_egress_rule" "conductor_inside" {
  for_each = {
    models   = { port = 8080, group = aws_security_group.balancer.id }
    database = { port = 5432, group = aws_security_group.database.id }
  }
  security_group_id            = aws_security_group.conductor.id
  description                  = "The ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port
  referenced_security_group_id = each.value.group
}

resource "aws_instance" "conductor" {
  ami                         = local.ami
  instance_type               = var.conductor_type
  subnet_id                   = module.network.public_subnet_ids[0]
  vpc_security_group_ids      = [aws_security_group.conductor.id]
  iam_instance_profile        = module.conductor_role.profile
  user_data_base64            = module.conductor_boot.user_data_base64
  user_data_replace_on_change = true
  ebs_optimized               = true
  monitoring                  = var.detailed_monitoring
  tags                        = { Name = "${var.name}-conductor" }

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
    volume_size = 30
  }

  lifecycle {
    ignore_changes = [ami]
  }
}

# Where workers find it, also when it was made anew.
resource "aws_route53_zone" "inside" {
  #checkov:skip=CKV2_AWS_38:It is not signed, as it is known inside the network alone.
  #checkov:skip=CKV2_AWS_39:Its one question is where the conductor is.
  name = "${var.name}.internal"
  vpc {
    vpc_id = module.network.vpc_id
  }
}

resource "aws_route53_record" "conductor" {
  zone_id = aws_route53_zone.inside.zone_id
  name    = "conductor"
  type    = "A"
  ttl     = 30
  records = [aws_instance.conductor.private_ip]
}

# Its ROOKERY_HOME. One machine at a time has it: that is what SQLite's files want.
resource "aws_ebs_volume" "home" {
  #checkov:skip=CKV_AWS_189:AWS's key of the account, unless kms_key_arn names another.
  #checkov:skip=CKV2_AWS_9:What cannot be made again, memory, is in the bucket, too.
  availability_zone = module.network.zones[0]
  size              = var.data_gb
  type              = "gp3"
  encrypted         = true
  kms_key_id        = var.kms_key_arn
  tags              = { Name = "${var.name}-home" }
}

resource "aws_volume_attachment" "home" {
  device_name                    = "/dev/sdf"
  volume_id                      = aws_ebs_volume.home.id
  instance_id                    = aws_instance.conductor.id
  stop_instance_before_detaching = true
}

# Broken hardware: AWS moves the machine, with its disks and addresses.
resource "aws_cloudwatch_metric_alarm" "recover" {
  alarm_name          = "${var.name}-recover"
  alarm_description   = "The conductor's hardware is broken: it is moved."
  namespace           = "AWS/EC2"
  metric_name         = "StatusCheckFailed_System"
  dimensions          = { InstanceId = aws_instance.conductor.id }
  statistic           = "Maximum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 0
  period              = 60
  evaluation_periods  = 3
  alarm_actions       = ["arn:${data.aws_partition.here.partition}:automate:${local.region}:ec2:recover"]
}
