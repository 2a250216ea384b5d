"""What the commands do. Imported when one is run."""
