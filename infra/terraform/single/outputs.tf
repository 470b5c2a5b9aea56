output "url" {
  description = "The dashboard and the API, while connect_command runs."
  value       = "http://127.0.0.1:8400"
}

output "connect_command" {
  description = "Forwards port 8400 of this computer to the machine. Needs AWS's Session Manager plugin."
  value = join(" ", [
    "aws ssm start-session --region ${local.region} --target ${aws_instance.this.id}",
    "--document-name AWS-StartPortForwardingSession --parameters portNumber=8400,localPortNumber=8400",
  ])
}

output "token_command" {
  description = "Prints the API token, a few minutes after the first start."
  value = join(" ", [
    "aws ssm get-parameter --region ${local.region} --name ${aws_ssm_parameter.token.name}",
    "--with-decryption --query Parameter.Value --output text",
  ])
}

output "shell_command" {
  description = "Opens a shell on the machine; there is no SSH."
  value       = "aws ssm start-session --region ${local.region} --target ${aws_instance.this.id}"
}

output "start_command" {
  description = "Starts the machine after it has stopped itself."
  value       = "aws ec2 start-instances --region ${local.region} --instance-ids ${aws_instance.this.id}"
}

output "bucket" {
  description = "Where memory is exchanged: ROOKERY_OBJECT_STORES__S3__BUCKET of the other machines."
  value       = module.bucket.name
}

output "instance_id" {
  description = "The machine."
  value       = aws_instance.this.id
}

output "data_volume_id" {
  description = "Its disk of models, sources and memory."
  value       = aws_ebs_volume.data.id
}

output "user_data" {
  description = "What the machine does at its first start, to read."
  value       = module.boot.user_data
}
