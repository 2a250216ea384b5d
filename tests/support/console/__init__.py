"""The console without a browser: an application, and a client that sends what a browser would."""
