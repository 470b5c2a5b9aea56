"""Runs that machines share through a store of objects: handed over, conducted elsewhere, followed."""
