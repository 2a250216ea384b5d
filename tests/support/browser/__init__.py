"""What attacks the console from a browser, and what judges its pages."""
