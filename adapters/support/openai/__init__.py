"""What adapters share that speak OpenAI's interface: the address, the connections, refusals and when to try again."""
