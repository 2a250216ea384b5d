"""The Kubernetes edge: the only importer of the Kubernetes client, whose errors stop here."""
