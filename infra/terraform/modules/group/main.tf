# Machines of one kind, as many as are needed, that reach out and are reached by their neighbours alone. Nothing on them
# lasts: what does is in the bucket.

resource "aws_launch_template" "this" {
  name_prefix            = "${var.name}-"
  image_id               = var.ami
  user_data              = var.user_data_base64
  update_default_version = true
  ebs_optimized          = true

  iam_instance_profile {
    arn = var.profile_arn
  }

  vpc_security_group_ids = [var.security_group_id]

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
      volume_size           = var.disk_gb
      delete_on_termination = true
    }
  }

  tag_specifications {
    resource_type = "instance"
    tags          = { Name = var.name }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_autoscaling_group" "this" {
  name_prefix               = "${var.name}-"
  min_size                  = var.size.min
  max_size                  = var.size.max
  vpc_zone_identifier       = var.subnet_ids
  target_group_arns         = var.target_group_arns
  health_check_type         = length(var.target_group_arns) == 0 ? "EC2" : "ELB"
  health_check_grace_period = var.warmup_seconds
  capacity_rebalance        = var.spot_share > 0
  wait_for_capacity_timeout = "0"
  enabled_metrics           = ["GroupInServiceInstances"]

  mixed_instances_policy {
    instances_distribution {
      on_demand_percentage_above_base_capacity = 100 - var.spot_share
      spot_allocation_strategy                 = "capacity-optimized"
    }
    launch_template {
      launch_template_specification {
        launch_template_id = aws_launch_template.this.id
        version            = aws_launch_template.this.latest_version
      }
      override {
        instance_type = var.type
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
    value               = var.name
    propagate_at_launch = true
  }
}
