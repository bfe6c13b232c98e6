"""Southbound: connections with platforms, whatever carries their frames."""
