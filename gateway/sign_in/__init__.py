"""How an agent signs in to a facade's page where nobody hands it a token: at a provider, or by a password."""
