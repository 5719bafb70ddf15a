"""Where the trees of logs are kept: SQLite and files, or PostgreSQL and an object store (port `LogStore`)."""
