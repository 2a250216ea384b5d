"""Every setting, with its bounds; the only reader of the environment. No program loads another's."""
