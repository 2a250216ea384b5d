"""The operator's decisions about tokens and credentials.

Here: rules, the decisions that they return, the statuses that record them. Imports only the shared values of `domain`.
Not here: whether a presented token is good (`verification`), what a person requests (`administration`).
"""
