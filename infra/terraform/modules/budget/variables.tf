variable "name" {
  description = "What the budget is called."
  type        = string
}

variable "monthly_usd" {
  description = "What the account may cost in a month, in US dollars."
  type        = number
}

variable "emails" {
  description = "Who is told."
  type        = list(string)
}
