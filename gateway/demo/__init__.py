"""Simulated platforms, to try the gateway with."""
