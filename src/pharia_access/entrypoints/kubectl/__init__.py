"""`kubectl access`: credentials, tokens and roles from the terminal. One module a noun; nothing here decides.

Modules are imported by what is run: `--help` and completion load neither the API client nor the tables.
"""
