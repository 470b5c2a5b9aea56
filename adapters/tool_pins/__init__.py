"""Which tools of servers a person has accepted."""
