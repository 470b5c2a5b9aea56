"""Workflows on asyncio, in this process."""
