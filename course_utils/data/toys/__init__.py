"""Toy pictures, drawn on the spot: `pets` (cat or dog) and `zoo` (40 other classes).

Every picture depends only on (seed, split, index, size), so it can be drawn alone and again.
"""
