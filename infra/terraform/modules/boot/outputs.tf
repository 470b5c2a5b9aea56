output "user_data_base64" {
  description = "What an instance takes as user data, compressed: it may have 16 KiB."
  value       = base64gzip(local.text)
}

output "user_data" {
  description = "The same, to read."
  value       = local.text
}
