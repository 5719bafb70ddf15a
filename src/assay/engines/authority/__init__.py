"""The authorities of an instance: certificates, promises of the certificate log, timestamps, trust material."""
