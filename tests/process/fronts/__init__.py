"""A server of several processes, whose processes are killed, stopped and starved."""
