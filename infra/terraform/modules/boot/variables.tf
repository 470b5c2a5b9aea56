variable "image" {
  description = "Rookery's image."
  type        = string
}

variable "units" {
  description = "What the machine runs: units of files/units; a timer brings its service."
  type        = list(string)
}

variable "settings" {
  description = "What the scripts in files/ read: /etc/rookery/machine.env."
  type        = map(string)
}

variable "environment" {
  description = "Rookery's own settings: /etc/rookery/rookery.env. No secrets: user data can be read by whoever may describe the instance."
  type        = map(string)
}

variable "files" {
  description = "Further files, as cloud-init's write_files takes them."
  type        = list(object({ path = string, content = string, permissions = string }))
  default     = []
}
