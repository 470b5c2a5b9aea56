"""The colony: coordinator, researcher, critic, writer, supervisor."""
