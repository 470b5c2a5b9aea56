variable "name" {
  description = "What the network's parts are called."
  type        = string
}

variable "cidr" {
  description = "The network's addresses."
  type        = string
}

variable "zones" {
  description = "Subnets, each in an availability zone of its own."
  type        = number
}

variable "private" {
  description = "Whether there are subnets without a way to the internet, too."
  type        = bool
  default     = false
}
