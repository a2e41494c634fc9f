"""Verification: what can be known of an address without writing to it, as a verdict and a score with reasons."""
