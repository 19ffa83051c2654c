"""The same core in a terminal: live where there is one, plain lines where there is none."""
