"""The web console: the page that people know, served to the one person who started it, with that person's own rights.

Here: HTTP, the defences of the browser's side, screens and their words. Not here: what may be done, and how: that is
`services.administration`, which the command line calls too.
"""
