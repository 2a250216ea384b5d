"""What only the operator says to the API server: leases, Events, whether its guards stand.

Here: adapters for ports of `services.operator`. Reading and writing of our kinds stands above.
Not here: anything that the verifier or a person's command needs.
"""
