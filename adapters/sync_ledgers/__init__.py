"""Where a device stands with the other machines."""
