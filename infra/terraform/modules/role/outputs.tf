output "profile" {
  description = "The instance profile's name."
  value       = aws_iam_instance_profile.this.name
}

output "profile_arn" {
  description = "The instance profile."
  value       = aws_iam_instance_profile.this.arn
}

output "role" {
  description = "The role's name."
  value       = aws_iam_role.this.name
}
