"""Who may do what, what a thief tries, guards taken away, and where a secret could leak."""
