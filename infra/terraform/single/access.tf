module "role" {
  source             = "../modules/role"
  name               = var.name
  bucket_arn         = module.bucket.arn
  kms_key_arn        = var.kms_key_arn
  writes_parameters  = [aws_ssm_parameter.token.arn]
  ecr_repository_arn = var.ecr_repository_arn
}

# The machine makes its token itself and leaves it here: it is in no state file and no user data.
resource "aws_ssm_parameter" "token" {
  #checkov:skip=CKV_AWS_337:AWS's key of the account, unless kms_key_arn names another.
  name        = "/${var.name}/token"
  description = "The API token that Rookery made at its first start"
  type        = "SecureString"
  key_id      = var.kms_key_arn
  # Written once and never read back.
  value_wo         = "not yet: the machine is being set up"
  value_wo_version = 1
}
