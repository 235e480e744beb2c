"""Toy pictures, drawn on the spot: `pets` (cat or dog), `zoo` (40 other classes), and small grey
`digits` and `clothes` (ten classes each).

Every picture depends only on (seed, split, index, size), so it can be drawn alone and again.
"""
