"""A cluster with one real node, the chart installed in it, and what its pods do."""
