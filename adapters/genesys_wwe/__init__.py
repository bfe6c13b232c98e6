"""Genesys Workspace Web Edition: the Service Client API (protocol version 2), both roles."""
