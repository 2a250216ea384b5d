"""Stand-ins for the API server, the ports and the clock. They keep state; tests assert it."""
