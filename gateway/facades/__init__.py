"""Northbound: clients that speak a dialect, over sockets or polling."""
