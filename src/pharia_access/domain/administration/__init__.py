"""What a person asks of credentials and tokens: what would break, what is in the way, what an audit finds.

Here: summaries of objects as people see them, and pure rules about them. No face's options or commands.
Not here: what the operator decides (`lifecycle`), or the verifier (`verification`).
"""
