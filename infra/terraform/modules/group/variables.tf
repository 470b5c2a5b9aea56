variable "name" {
  description = "What the group and its machines are called."
  type        = string
}

variable "type" {
  description = "The type of instance."
  type        = string
}

variable "size" {
  description = "At least and at most so many of them."
  type        = object({ min = number, max = number })
}

variable "ami" {
  description = "The image that they start from."
  type        = string
}

variable "user_data_base64" {
  description = "What they do at their first start."
  type        = string
}

variable "profile_arn" {
  description = "What they may do."
  type        = string
}

variable "security_group_id" {
  description = "Who reaches them, and whom they reach."
  type        = string
}

variable "subnet_ids" {
  description = "Where they are."
  type        = list(string)
}

variable "target_group_arns" {
  description = "Where a load balancer looks for them; their health is then what it finds."
  type        = list(string)
  default     = []
}

variable "disk_gb" {
  description = "Their disks."
  type        = number
}

variable "spot_share" {
  description = "Per cent of them that are spare capacity."
  type        = number
  default     = 0
}

variable "warmup_seconds" {
  description = "How long a new one needs until it is at work."
  type        = number
}

variable "kms_key_arn" {
  description = "The key of their disks; null: AWS's."
  type        = string
  default     = null
}

variable "detailed_monitoring" {
  description = "A measurement each minute instead of each five."
  type        = bool
  default     = true
}
