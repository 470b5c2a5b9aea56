"""The way to the web: checked addresses, checked redirects, limits of size and time.

Nothing that an agent reaches goes around it.
"""
