"""Events on their way to everybody, and what is shown of them."""
