# Prefect's memory of flow runs. AWS makes and changes the password; it is in no state file.

resource "aws_security_group" "database" {
  name_prefix = "${var.name}-database-"
  description = "Prefect's Postgres: reached by the conductor alone"
  vpc_id      = module.network.vpc_id
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "database" {
  security_group_id            = aws_security_group.database.id
  description                  = "The conductor"
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
  referenced_security_group_id = aws_security_group.conductor.id
}

resource "aws_db_subnet_group" "private" {
  name       = var.name
  subnet_ids = module.network.private_subnet_ids
}

resource "aws_db_parameter_group" "tls" {
  name_prefix = "${var.name}-"
  family      = "postgres17"

  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_db_instance" "prefect" {
  #checkov:skip=CKV_AWS_118:Enhanced monitoring needs a role and costs; RDS's usual measurements suffice for this load.
  #checkov:skip=CKV_AWS_157:A standby doubles the price; database_standby has one made.
  #checkov:skip=CKV_AWS_161:Prefect logs in with a password, which AWS keeps and changes.
  #checkov:skip=CKV_AWS_293:Protected unless destroy_data says that everything may go.
  #checkov:skip=CKV_AWS_353:Performance insights are for those who tune queries, which are Prefect's.
  #checkov:skip=CKV2_AWS_30:Slow statements are logged; all of them would be Prefect's polling.
  identifier_prefix               = "${var.name}-"
  engine                          = "postgres"
  engine_version                  = "17"
  instance_class                  = var.database_class
  allocated_storage               = 20
  max_allocated_storage           = 100
  storage_type                    = "gp3"
  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  db_name                         = "prefect"
  username                        = "prefect"
  manage_master_user_password     = true
  db_subnet_group_name            = aws_db_subnet_group.private.name
  vpc_security_group_ids          = [aws_security_group.database.id]
  parameter_group_name            = aws_db_parameter_group.tls.name
  publicly_accessible             = false
  multi_az                        = var.database_standby
  auto_minor_version_upgrade      = true
  backup_retention_period         = 7
  copy_tags_to_snapshot           = true
  enabled_cloudwatch_logs_exports = ["postgresql", "upgrade"]
  deletion_protection             = !var.destroy_data
  skip_final_snapshot             = var.destroy_data
  final_snapshot_identifier       = var.destroy_data ? null : "${var.name}-last"
}
