variable "name" {
  description = "What the bucket's name begins with."
  type        = string
}

variable "kms_key_arn" {
  description = "The key that objects are encrypted with; null: S3's own key of the account."
  type        = string
  default     = null
}

variable "keep_old_versions_days" {
  description = "How long overwritten and deleted objects can be brought back."
  type        = number
  default     = 90
}

variable "keep_runs_days" {
  description = "How long what runs wrote for other machines stays; null: for ever, as there is none."
  type        = number
  default     = null
}

variable "force_destroy" {
  description = "Whether `terraform destroy` deletes a bucket that holds memory."
  type        = bool
  default     = false
}
