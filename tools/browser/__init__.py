"""A real browser and the console that it opens: for tests, pictures of the documentation, measurements."""
