"""Amazon Connect Streams: the library in the agent's page, and the control panel that it loads."""
