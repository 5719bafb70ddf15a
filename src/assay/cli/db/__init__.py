"""The advisory data: what is there, how old it is, and where it comes from."""
