"""The configured platforms."""
