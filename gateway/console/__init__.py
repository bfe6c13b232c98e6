"""What people see of the gateway in a browser."""
