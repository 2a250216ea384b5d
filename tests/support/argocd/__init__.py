"""The real Argo CD beside a control plane, and its Lua scripts alone."""
