"""Launches: validation of requests, the use cases, and the state machine that runs each launch."""
