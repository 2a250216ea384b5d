"""What the operator decides of a token and of a credential, from the first look to the end.

Here: rules, the decisions that they give, the statuses that say so. Imports of the domain only the values above.
Not here: whether a presented text is good (`verification`), what a person asks for (`administration`).
"""
