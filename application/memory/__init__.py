"""Memory: writing to the journal, finding in what follows it, exchanging it with other machines."""
