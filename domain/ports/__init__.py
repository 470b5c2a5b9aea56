"""What the middle needs of the outside: one Protocol a file."""
