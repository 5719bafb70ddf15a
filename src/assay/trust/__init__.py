"""The mathematics of proof, pure."""
