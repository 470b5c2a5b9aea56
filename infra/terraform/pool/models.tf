module "model_role" {
  source = "../modules/role"
  name   = "${var.name}-model"
}

module "model_boot" {
  source = "../modules/boot"
  image  = var.server_image
  units  = ["model.service"]
  settings = {
    REGION        = local.region
    NVIDIA_DRIVER = var.nvidia_driver
    SERVED_MODEL  = var.model
    SLOTS         = tostring(var.slots)
    CONTEXT       = tostring(var.slots * var.slot_tokens)
  }
  environment = {
    LLAMA_CACHE = "/var/lib/rookery"
  }
}

resource "aws_security_group" "balancer" {
  name_prefix = "${var.name}-balancer-"
  description = "The models' load balancer: reached by conductor and workers alone"
  vpc_id      = module.network.vpc_id
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  for_each                     = { conductor = aws_security_group.conductor.id, workers = aws_security_group.worker.id }
  security_group_id            = aws_security_group.balancer.id
  description                  = "The ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = each.value
}

resource "aws_vpc_security_group_egress_rule" "balancer" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "The models"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.model.id
}

resource "aws_security_group" "model" {
  name_prefix = "${var.name}-model-"
  description = "A GPU machine: reached by the load balancer alone"
  vpc_id      = module.network.vpc_id
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "model" {
  security_group_id            = aws_security_group.model.id
  description                  = "The load balancer"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.balancer.id
}

resource "aws_vpc_security_group_egress_rule" "model_web" {
  for_each          = { https = 443, http = 80 }
  security_group_id = aws_security_group.model.id
  description       = each.key == "https" ? "AWS, registries, models" : "Packages of Ubuntu, which are signed"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
  cidr_ipv4         = "0.0.0.0/0"
}

resource "aws_lb" "models" {
  #checkov:skip=CKV_AWS_91:Its requests are the workers', which keep each of them with the run.
  #checkov:skip=CKV_AWS_150:It holds nothing; whoever destroys the rest wants it gone, too.
  #checkov:skip=CKV2_AWS_20:There is no plain listener for the outside to redirect: see the listener.
  #checkov:skip=CKV2_AWS_28:A firewall for the web guards what the web reaches.
  name                       = "${var.name}-models"
  internal                   = true
  load_balancer_type         = "application"
  subnets                    = module.network.public_subnet_ids
  security_groups            = [aws_security_group.balancer.id]
  idle_timeout               = 900 # a long prompt is read before the first token comes
  drop_invalid_header_fields = true
}

resource "aws_lb_target_group" "models" {
  #checkov:skip=CKV_AWS_378:Plain HTTP inside the network; see the listener.
  name                          = "${var.name}-models"
  port                          = 8080
  protocol                      = "HTTP"
  vpc_id                        = module.network.vpc_id
  load_balancing_algorithm_type = "least_outstanding_requests"
  deregistration_delay          = 300 # a machine that goes finishes its replies

  health_check {
    path                = "/health"
    interval            = 15
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

resource "aws_lb_listener" "models" {
  #checkov:skip=CKV_AWS_2:Only conductor and workers reach it, from inside the network; a certificate would need a domain.
  #checkov:skip=CKV_AWS_103:There is no TLS whose version could be set: see CKV_AWS_2.
  load_balancer_arn = aws_lb.models.arn
  port              = 8080
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.models.arn
  }
}

module "models" {
  source              = "../modules/group"
  name                = "${var.name}-model"
  type                = var.gpu_type
  size                = var.gpu_machines
  ami                 = local.ami
  user_data_base64    = module.model_boot.user_data_base64
  profile_arn         = module.model_role.profile_arn
  security_group_id   = aws_security_group.model.id
  subnet_ids          = module.network.public_subnet_ids
  target_group_arns   = [aws_lb_target_group.models.arn]
  disk_gb             = 80
  spot_share          = var.spot_share
  warmup_seconds      = 1200 # driver, image and model come first
  kms_key_arn         = var.kms_key_arn
  detailed_monitoring = var.detailed_monitoring
}

resource "aws_autoscaling_policy" "requests" {
  name                      = "${var.name}-requests"
  autoscaling_group_name    = module.models.name
  policy_type               = "TargetTrackingScaling"
  estimated_instance_warmup = 900
  target_tracking_configuration {
    target_value = var.requests_per_minute
    predefined_metric_specification {
      predefined_metric_type = "ALBRequestCountPerTarget"
      resource_label         = "${aws_lb.models.arn_suffix}/${aws_lb_target_group.models.arn_suffix}"
    }
  }
}

resource "aws_autoscaling_schedule" "hours" {
  for_each = var.working_hours == null ? {} : {
    start = { at = var.working_hours.start, min = var.gpu_machines.min, max = var.gpu_machines.max }
    end   = { at = var.working_hours.end, min = 0, max = 0 }
  }
  scheduled_action_name  = "${var.name}-${each.key}"
  autoscaling_group_name = module.models.name
  recurrence             = each.value.at
  time_zone              = var.working_hours.time_zone
  min_size               = each.value.min
  max_size               = each.value.max
  desired_capacity       = each.value.min
}
