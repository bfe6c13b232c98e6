"""What a running process needs: time, and what goes by it."""
