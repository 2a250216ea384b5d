"""Parts of the operator, put together on fakes, and called or run by a test."""
