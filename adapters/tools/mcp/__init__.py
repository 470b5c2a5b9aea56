"""Tools of servers that speak the Model Context Protocol. Nothing that such a server says is believed."""
