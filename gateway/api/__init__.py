"""The surfaces for clients that speak no dialect: REST, streams, contracts."""
