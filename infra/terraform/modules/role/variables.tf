variable "name" {
  description = "What the role's name begins with."
  type        = string
}

variable "bucket_arn" {
  description = "The bucket with which memory is exchanged; null: none."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "The key of bucket and parameters, where it is not AWS's own."
  type        = string
  default     = null
}

variable "writes_parameters" {
  description = "Parameters that the machine fills in."
  type        = list(string)
  default     = []
}

variable "reads_secrets" {
  description = "Secrets that it may read."
  type        = list(string)
  default     = []
}

variable "writes_metrics" {
  description = "Namespaces of CloudWatch in which it tells measurements."
  type        = list(string)
  default     = []
}

variable "ecr_repository_arn" {
  description = "The registry's repository that holds the image, where it is ECR."
  type        = string
  default     = null
}
