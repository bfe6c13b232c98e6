"""Bright Pattern: the Agent Desktop client-side JavaScript API (AdApi), document line 5.19."""
