output "vpc_id" {
  description = "The network."
  value       = aws_vpc.this.id
}

output "cidr" {
  description = "The network's addresses."
  value       = aws_vpc.this.cidr_block
}

output "public_subnet_ids" {
  description = "Subnets from which the internet is reached."
  value       = aws_subnet.public[*].id
}

output "private_subnet_ids" {
  description = "Subnets from which it is not."
  value       = aws_subnet.private[*].id
}

output "zones" {
  description = "The availability zones, in the order of the subnets."
  value       = aws_subnet.public[*].availability_zone
}
