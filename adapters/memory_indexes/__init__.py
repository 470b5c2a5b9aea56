"""What holds in each slot, findable by words, time and neighbours."""
