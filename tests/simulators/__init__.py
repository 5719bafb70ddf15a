"""The world in memory: images and sources for tests."""
