"""Shows and steers how policies come into force: stages, gates, holds."""
