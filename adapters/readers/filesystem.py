"""Files and folders below the roots that may be read."""
