"""Aliases: names for versions of a function, changed on its lane (fact sheet 11.8).

live         what is seen of one              rules        what a plan states of them, and what is wrong with that
difference   what comes, changes and goes     deletion     what goes with one, or before it
weights      those that share their traffic   relocation   in which order those with provisioned concurrency move
uses         what of a plan names one         requests     the calls
targets      the versions that one is given, and how they are
"""
