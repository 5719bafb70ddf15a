"""Shows the configuration and where it is read from."""
