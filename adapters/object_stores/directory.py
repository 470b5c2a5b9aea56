"""A shared folder."""
