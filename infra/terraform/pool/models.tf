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
    LISTEN        = "0.0.0.0"
  }
  environment = {
    LLAMA_CACHE = "/var/lib/rookery"
  }
}

resource "aws_security_group" "balancer" {
  name_prefix = "${var.name}-balancer-"
  description = "The models' load balancer: reached by the conductor alone"
  vpc_id      = module.network.vpc_id
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "balancer" {
  security_group_id            = aws_security_group.balancer.id
  description                  = "The conductor"
  ip_protocol                  = "tcp"
  from_port                    = 8080
  to_port                      = 8080
  referenced_security_group_id = aws_security_group.conductor.id
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
  #checkov:skip=CKV_AWS_91:Its requests are the conductor's, which keeps each of them with the run.
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
  #checkov:skip=CKV_AWS_2:Only the conductor reaches it, from inside the network; a certificate would need a domain.
  #checkov:skip=CKV_AWS_103:There is no TLS whose version could be set: see CKV_AWS_2.
  load_balancer_arn = aws_lb.models.arn
  port              = 8080
  protocol          = "HTTP"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.models.arn
  }
}

resource "aws_launch_template" "model" {
  name_prefix            = "${var.name}-model-"
  image_id               = local.ami
  user_data              = module.model_boot.user_data_base64
  update_default_version = true
  ebs_optimized          = true

  iam_instance_profile {
    arn = module.model_role.profile_arn
  }

  vpc_security_group_ids = [aws_security_group.model.id]

  monitoring {
    enabled = var.detailed_monitoring
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 2 #checkov:skip=CKV_AWS_341:Containers are one hop further away.
    instance_metadata_tags      = "disabled"
  }

  block_device_mappings {
    device_name = "/dev/sda1"
    ebs {
      encrypted             = true
      kms_key_id            = var.kms_key_arn
      volume_type           = "gp3"
      volume_size           = 80
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = "${var.name}-model" }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_autoscaling_group" "models" {
  name_prefix               = "${var.name}-models-"
  min_size                  = var.gpu_machines.min
  max_size                  = var.gpu_machines.max
  vpc_zone_identifier       = module.network.public_subnet_ids
  target_group_arns         = [aws_lb_target_group.models.arn]
  health_check_type         = "ELB"
  health_check_grace_period = 1200 # driver, image and model come first
  capacity_rebalance        = var.spot_share > 0
  wait_for_capacity_timeout = "0"

  mixed_instances_policy {
    instances_distribution {
      on_demand_percentage_above_base_capacity = 100 - var.spot_share
      spot_allocation_strategy                 = "capacity-optimized"
    }
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.model.id
        version            = aws_launch_template.model.latest_version
      }
      override {
        instance_type = var.gpu_type
      }
    }
  }

  instance_refresh {
    strategy = "Rolling"
    preferences {
      min_healthy_percentage = 50
    }
  }

  tag {
    key                 = "Name"
    value               = "${var.name}-model"
    propagate_at_launch = true
  }
}

resource "aws_autoscaling_policy" "requests" {
  name                      = "${var.name}-requests"
  autoscaling_group_name    = aws_autoscaling_group.models.name
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
  autoscaling_group_name = aws_autoscaling_group.models.name
  recurrence             = each.value.at
  time_zone              = var.working_hours.time_zone
  min_size               = each.value.min
  max_size               = each.value.max
  desired_capacity       = each.value.min
}
