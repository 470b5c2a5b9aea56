output "url" {
  description = "The dashboard and the API, while connect_command runs."
  value       = "http://127.0.0.1:8400"
}

output "connect_command" {
  description = "Forwards port 8400 of this computer to the conductor. Needs AWS's Session Manager plugin."
  value = join(" ", [
    "aws ssm start-session --region ${local.region} --target ${aws_instance.conductor.id}",
    "--document-name AWS-StartPortForwardingSession --parameters portNumber=8400,localPortNumber=8400",
  ])
}

output "prefect_command" {
  description = "The same for Prefect's own pages, at http://127.0.0.1:4200."
  value = join(" ", [
    "aws ssm start-session --region ${local.region} --target ${aws_instance.conductor.id}",
    "--document-name AWS-StartPortForwardingSession --parameters portNumber=4200,localPortNumber=4200",
  ])
}

output "token_command" {
  description = "Prints the API token, a few minutes after the first start."
  value = join(" ", [
    "aws ssm get-parameter --region ${local.region} --name ${aws_ssm_parameter.token.name}",
    "--with-decryption --query Parameter.Value --output text",
  ])
}

output "bucket" {
  description = "Where memory is exchanged: ROOKERY_OBJECT_STORES__S3__BUCKET of the other machines."
  value       = module.bucket.name
}

output "conductor_id" {
  description = "The conductor."
  value       = aws_instance.conductor.id
}

output "home_volume_id" {
  description = "Its disk, with ROOKERY_HOME."
  value       = aws_ebs_volume.home.id
}

output "workers_group" {
  description = "The autoscaling group of the workers."
  value       = module.workers.name
}

output "models_group" {
  description = "The autoscaling group of the GPU machines."
  value       = module.models.name
}

output "database" {
  description = "Prefect's Postgres."
  value       = aws_db_instance.prefect.identifier
}

output "balancer_arn" {
  description = "The models' load balancer."
  value       = aws_lb.models.arn
}

output "user_data" {
  description = "What the machines do at their first start, to read."
  value = {
    conductor = module.conductor_boot.user_data
    worker    = module.worker_boot.user_data
    model     = module.model_boot.user_data
  }
}
