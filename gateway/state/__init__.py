"""What is known: agents and interactions, and what changes about them."""
