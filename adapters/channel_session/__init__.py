"""The channel/session protocol, both roles, with its inContact extensions."""
