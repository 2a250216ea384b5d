"""One module a screen: what it reads, and what it shows. No HTTP, no HTML."""
