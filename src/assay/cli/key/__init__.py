"""Keys that sign: made, taken over from elsewhere, shown."""
