"""Tests of what is done once, in virtual time."""
