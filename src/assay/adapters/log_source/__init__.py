"""Where logs are read: a server's tiles, a folder of tiles, Rekor v1 (port `TileSource`)."""
