"""Texts of tokens that never change: docs/reference/token-format.md shows them."""

__all__ = ["COUNTING", "ONES", "ZEROS"]

ZEROS = "pharia_aaaaaaaaaaaaaaaa_000000000000000000000000000000000000000000043MK5p"
ONES = "pharia_7777777777777777_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp14PEo2g"
COUNTING = "pharia_aaaqeayeaudaocaj_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3xr6OJ"
