"""A real browser, the console that it opens, and what attacks both."""
