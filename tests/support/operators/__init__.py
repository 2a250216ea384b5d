"""Real operators beside a control plane: pooled, killed, cut off, and what they asked for."""
