"""The admission controller: keeps out of a cluster what does not meet the policies."""
