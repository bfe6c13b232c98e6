"""Bright Pattern: the Agent Desktop client-side JavaScript API (AgentDesktopClientAPIImpl, adApi), 5.19."""
