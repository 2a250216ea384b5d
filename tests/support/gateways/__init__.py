"""What tests of gateways need beside the gateways themselves (tools/gateways)."""
