variable "image" {
  description = "Rookery's image, by version or digest, such as ghcr.io/OWNER/rookery:0.1.0."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$", var.image)) && !endswith(var.image, ":latest")
    error_message = "Name the image with its version or digest; what `latest` means changes between two starts."
  }
}

variable "server_image" {
  description = "llama.cpp's server for CUDA, by version or digest, such as ghcr.io/ggml-org/llama.cpp:server-cuda-b6800."
  type        = string
  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[0-9a-f]{64})$", var.server_image)) && !contains(["latest", "server-cuda"], reverse(split(":", var.server_image))[0])
    error_message = "Name the image with its version or digest; what `latest` and `server-cuda` mean changes between two starts."
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

variable "model" {
  description = "What the GPU machines serve: owner/repository:QUANT of the hub."
  type        = string
  default     = "unsloth/gemma-3-12b-it-GGUF:Q4_K_M"
  validation {
    condition     = can(regex("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+:[A-Za-z0-9._-]+$", var.model))
    error_message = "A model is owner/repository:QUANT."
  }
}

variable "slots" {
  description = "Requests that one GPU machine answers side by side."
  type        = number
  default     = 8
  validation {
    condition     = var.slots >= 1 && var.slots <= 64
    error_message = "Between 1 and 64."
  }
}

variable "slot_tokens" {
  description = "Tokens of context for each of them."
  type        = number
  default     = 8192
  validation {
    condition     = var.slot_tokens >= 2048
    error_message = "At least 2,048."
  }
}

variable "conductor_type" {
  description = "The machine of the API and of Prefect's server, which reads the documents; it needs no GPU."
  type        = string
  default     = "m7i.large"
  validation {
    condition     = can(regex("^(m|c|r)[5-8][a-z-]*[.][0-9]*x?large$", var.conductor_type)) && !can(regex("^[a-z][0-9]g", var.conductor_type))
    error_message = "A machine of the families c, m or r with an Intel or AMD processor, such as m7i.large."
  }
}

variable "worker_type" {
  description = "The machines that conduct runs; they need no GPU."
  type        = string
  default     = "m7i.large"
  validation {
    condition     = can(regex("^(m|c|r)[5-8][a-z-]*[.][0-9]*x?large$", var.worker_type)) && !can(regex("^[a-z][0-9]g", var.worker_type))
    error_message = "A machine of the families c, m or r with an Intel or AMD processor, such as m7i.large."
  }
}

variable "workers" {
  description = "At least and at most so many of them."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 8 }
  validation {
    condition     = var.workers.min >= 1 && var.workers.max >= var.workers.min && var.workers.max <= 32
    error_message = "`min` is at least 1, so that what is asked begins at once; `max` is at least that, and at most 32."
  }
}

variable "worker_spot_share" {
  description = "Per cent of the workers that are spare capacity; the runs of one that is taken away go on with another."
  type        = number
  default     = 0
  validation {
    condition     = var.worker_spot_share >= 0 && var.worker_spot_share <= 100
    error_message = "Between 0 and 100."
  }
}

variable "runs_per_worker" {
  description = "Runs that a worker conducts side by side; with more that wait, another worker is started."
  type        = number
  default     = 4
  validation {
    condition     = var.runs_per_worker >= 1 && var.runs_per_worker <= 16
    error_message = "Between 1 and 16."
  }
}

variable "gpu_type" {
  description = "The GPU machines."
  type        = string
  default     = "g5.xlarge"
  validation {
    condition     = can(regex("^g(4dn|5)[.](xlarge|[0-9]+xlarge)$", var.gpu_type))
    error_message = "This module is made for G4dn and G5 instances, such as g4dn.xlarge or g5.2xlarge."
  }
}

variable "gpu_machines" {
  description = "At least and at most so many of them."
  type        = object({ min = number, max = number })
  default     = { min = 1, max = 4 }
  validation {
    condition     = var.gpu_machines.min >= 0 && var.gpu_machines.max >= max(1, var.gpu_machines.min) && var.gpu_machines.max <= 32
    error_message = "`max` is at least 1 and `min`, and at most 32."
  }
}

variable "requests_per_minute" {
  description = "Requests a minute for each GPU machine, above which another one is started."
  type        = number
  default     = 20
  validation {
    condition     = var.requests_per_minute >= 1
    error_message = "At least 1."
  }
}

variable "spot_share" {
  description = "Per cent of the GPU machines that are spare capacity; a request on one that is taken away is sent again."
  type        = number
  default     = 0
  validation {
    condition     = var.spot_share >= 0 && var.spot_share <= 100
    error_message = "Between 0 and 100."
  }
}

variable "working_hours" {
  description = "When there are GPU machines at all, as cron expressions in a time zone; null: always."
  type        = object({ start = string, end = string, time_zone = string })
  default     = null
}

variable "data_gb" {
  description = "The conductor's disk for sources, runs and memory; it outlives the machine."
  type        = number
  default     = 100
  validation {
    condition     = var.data_gb >= 20 && var.data_gb <= 16000
    error_message = "Between 20 and 16,000 GB."
  }
}

variable "database_class" {
  description = "The machine of Prefect's Postgres."
  type        = string
  default     = "db.t4g.micro"
  validation {
    condition     = startswith(var.database_class, "db.")
    error_message = "A class of RDS, such as db.t4g.micro."
  }
}

variable "database_standby" {
  description = "Whether the database has a standby in another zone; it doubles its price."
  type        = bool
  default     = false
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
  description = "What the account may cost in a month, in US dollars."
  type        = number
  default     = 1000
  validation {
    condition     = var.budget_monthly_usd > 0
    error_message = "More than nothing."
  }
}

variable "keep_runs_days" {
  description = "How long what runs wrote for other machines stays in the bucket; the conductor keeps runs for good."
  type        = number
  default     = 90
  validation {
    condition     = var.keep_runs_days >= 7
    error_message = "At least 7: a run that is paused for longer begins anew."
  }
}

variable "network_cidr" {
  description = "The new network's addresses."
  type        = string
  default     = "10.43.0.0/22"
  validation {
    condition     = can(cidrsubnet(var.network_cidr, 4, 15)) && try(tonumber(split("/", var.network_cidr)[1]) <= 24, false)
    error_message = "A range of IPv4 addresses, /24 or larger."
  }
}

variable "ami_id" {
  description = "An image of Ubuntu 24.04 for amd64; null: the newest of Canonical's."
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

variable "kms_key_arn" {
  description = "A key of yours for disks, bucket, database and token; null: AWS's keys of the account."
  type        = string
  default     = null
}

variable "detailed_monitoring" {
  description = "A measurement each minute instead of each five."
  type        = bool
  default     = true
}

variable "destroy_data" {
  description = "Whether `terraform destroy` deletes a bucket that holds memory, and the database without a last snapshot."
  type        = bool
  default     = false
}
