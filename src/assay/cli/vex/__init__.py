"""VEX: statements about what a vulnerability means for a product."""
