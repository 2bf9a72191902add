"""Keys and the secrets they protect."""
