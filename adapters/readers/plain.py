"""Plain text, Markdown and source code."""
