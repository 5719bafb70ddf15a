"""SBOMs, findings and decisions for people and machines."""
