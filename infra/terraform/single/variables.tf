variable "image" {
  description = "Rookery's image, by version or digest, such as ghcr.io/OWNER/rookery:0.1.0."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Name the image with its version or digest; what `latest` means changes between two starts."
  }
}

variable "name" {
  description = "What everything is called; several of them may live in one account."
  type        = string
  default     = "rookery"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,19}$", var.name))
    error_message = "A name has 2 to 20 small letters, digits and hyphens, and begins with a letter."
  }
}

variable "instance_type" {
  description = "g4dn.xlarge (16 GB of GPU memory) is the cheapest, g5.xlarge (24 GB) about twice as fast."
  type        = string
  default     = "g5.xlarge"
  validation {
    condition     = can(regex("^g(4dn|5)[.](xlarge|[0-9]+xlarge)$", var.instance_type))
    error_message = "This module is made for G4dn and G5 instances, such as g4dn.xlarge or g5.2xlarge."
  }
}

variable "spot" {
  description = "Whether to take spare capacity: about 60 % cheaper, but AWS may stop the machine at any time; its disks stay, and runs can be resumed."
  type        = bool
  default     = false
}

variable "spot_max_usd" {
  description = "The most to pay for an hour of spare capacity; null: the normal price."
  type        = number
  default     = null
}

variable "model" {
  description = "What is pulled once and used: owner/repository:QUANT of the hub, or extractive for none."
  type        = string
  default     = "unsloth/gemma-3-4b-it-GGUF:Q4_K_M"
  validation {
    condition     = var.model == "extractive" || can(regex("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+:[A-Za-z0-9._-]+$", var.model))
    error_message = "A model is owner/repository:QUANT, or extractive."
  }
}

variable "idle_minutes" {
  description = "Minutes without a run and without a connection after which the machine stops itself; 0: never."
  type        = number
  default     = 30
  validation {
    condition     = var.idle_minutes == 0 || (var.idle_minutes >= 10 && var.idle_minutes <= 1440)
    error_message = "Between 10 minutes and a day, or 0 for never."
  }
}

variable "data_gb" {
  description = "The disk for models, sources and memory; it outlives the machine."
  type        = number
  default     = 100
  validation {
    condition     = var.data_gb >= 20 && var.data_gb <= 16000
    error_message = "Between 20 and 16,000 GB."
  }
}

variable "root_gb" {
  description = "The disk for the system, the driver and the image."
  type        = number
  default     = 40
  validation {
    condition     = var.root_gb >= 30
    error_message = "Driver and image need 30 GB."
  }
}

variable "budget_emails" {
  description = "Who is told when the month's bill grows larger than planned."
  type        = list(string)
  validation {
    condition     = length(var.budget_emails) > 0 && alltrue([for email in var.budget_emails : can(regex("^[^@ ]+@[^@ ]+[.][^@ ]+$", email))])
    error_message = "Name at least one address for the budget's alarm."
  }
}

variable "budget_monthly_usd" {
  description = "What the account may cost in a month, in US dollars; mail comes at 80 % of it, and when it is foreseen to be passed."
  type        = number
  default     = 100
  validation {
    condition     = var.budget_monthly_usd > 0
    error_message = "More than nothing."
  }
}

variable "environment" {
  description = "Further settings, as in .env.example. No secrets: they would be readable in the user data."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for key in keys(var.environment) : !can(regex("(?i)(token|secret|password|api_key)$", key))])
    error_message = "Secrets do not belong into user data; put them into rookery.toml on the machine."
  }
}

variable "network_cidr" {
  description = "The new network's addresses; not used with subnet_id."
  type        = string
  default     = "10.42.0.0/24"
  validation {
    condition     = can(cidrsubnet(var.network_cidr, 4, 15)) && try(tonumber(split("/", var.network_cidr)[1]) <= 24, false)
    error_message = "A range of IPv4 addresses, /24 or larger."
  }
}

variable "subnet_id" {
  description = "An existing subnet with a way to the internet or to endpoints for SSM; null: a new network."
  type        = string
  default     = null
}

variable "allowed_cidrs" {
  description = "Networks that may reach port 8400 without Session Manager, such as that of a VPN. It is plain HTTP: end TLS before it."
  type        = list(string)
  default     = []
  validation {
    condition     = alltrue([for cidr in var.allowed_cidrs : can(cidrhost(cidr, 0)) && try(tonumber(split("/", cidr)[1]) >= 8, false)])
    error_message = "Networks with a prefix of at least /8: the whole internet is not one of them."
  }
}

variable "ami_id" {
  description = "An image of Ubuntu 24.04 for amd64; null: the newest of Canonical's when the machine is made."
  type        = string
  default     = null
}

variable "nvidia_driver" {
  description = "The driver's branch, of those that Ubuntu has for servers."
  type        = string
  default     = "570"
  validation {
    condition     = can(regex("^[0-9]{3}$", var.nvidia_driver))
    error_message = "Three digits, such as 570."
  }
}

variable "ecr_repository_arn" {
  description = "The image's repository, where it is in ECR of this account: the machine may then pull from it."
  type        = string
  default     = null
}

variable "kms_key_arn" {
  description = "A key of yours for disks, bucket and token; null: AWS's keys of the account."
  type        = string
  default     = null
}

variable "detailed_monitoring" {
  description = "A measurement each minute instead of each five; costs about 2 dollars a month."
  type        = bool
  default     = true
}

variable "keep_old_versions_days" {
  description = "How long overwritten and deleted objects of the bucket can be brought back."
  type        = number
  default     = 90
}

variable "destroy_memory" {
  description = "Whether `terraform destroy` deletes a bucket that holds memory."
  type        = bool
  default     = false
}
