"""The exactly-once property: runs of operators and users on fakes, interleaved at every call."""
