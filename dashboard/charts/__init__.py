"""The charts, one a file: pure functions from documented frames to Altair charts."""
