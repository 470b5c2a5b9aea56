# What a machine does at its first start, as cloud-init takes it: files, then one script.

locals {
  files  = concat(var.units, [for unit in var.units : replace(unit, ".timer", ".service") if endswith(unit, ".timer")])
  quoted = { for key, value in var.settings : key => "'${replace(value, "'", "'\\''")}'" }
  settings = merge(local.quoted, {
    IMAGE = "'${var.image}'"
    UNITS = "'${join(" ", var.units)}'"
  })

  text = "#cloud-config\n${yamlencode(local.cloud_config)}"

  cloud_config = {
    write_files = concat(
      [
        for script in ["setup", "run", "runs", "idle", "prefect-database"] : {
          path        = "/opt/rookery/${script}"
          content     = file("${path.module}/files/${script}")
          permissions = "0755"
        }
      ],
      [
        for unit in local.files : {
          path        = "/etc/systemd/system/${unit}"
          content     = file("${path.module}/files/units/${unit}")
          permissions = "0644"
        }
      ],
      [
        {
          path        = "/etc/rookery/machine.env"
          content     = join("", [for key, value in local.settings : "${key}=${value}\n"])
          permissions = "0600"
        },
        {
          path        = "/etc/rookery/rookery.env"
          content     = join("", [for key, value in var.environment : "${key}=${value}\n"])
          permissions = "0600"
        },
      ],
      var.files,
    )
    runcmd = [["/opt/rookery/setup"]]
  }
}
