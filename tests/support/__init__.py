"""What tests share. No test is in here; what tools and benchmarks need too is in tools/control_plane."""
