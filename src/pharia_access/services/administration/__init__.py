"""What a person does with credentials and tokens, for any face: the command line, a page.

Here: use cases. They ask the API server by ports, and give back values.
Not here: printing, asking, options, or anything that the operator or the verifier runs.
"""
