"""Runs `kubectl access` in every way a person does, and the kubeconfigs that people have."""
