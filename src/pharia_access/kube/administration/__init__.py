"""What only a person's command says to the API server: with the person's own login, which kubectl lends.

Here: the login, any object's create and patch, Secrets as a person may read them, summaries of what is read.
Not here: anything that runs in a cluster.
"""
