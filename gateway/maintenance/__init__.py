"""What keeps the gateway in shape while it runs."""
