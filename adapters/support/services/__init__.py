"""What adapters of services on the network share: manners, patience, and a memory of what was delivered."""
