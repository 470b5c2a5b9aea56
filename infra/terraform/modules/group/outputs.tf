output "name" {
  description = "The autoscaling group."
  value       = aws_autoscaling_group.this.name
}
