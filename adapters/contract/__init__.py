"""What the core may see of a dialect."""
