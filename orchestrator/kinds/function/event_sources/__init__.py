"""Event source mappings of a function (fact sheet 11.10). AWS knows them by a UUID alone, the plan by an id of its own.

live         what is seen of one              sources      the sorts of source, and what each takes
settings     one row per setting              filters      patterns as JSON
matching     which mapping a plan means       difference   what comes, changes and goes
rules        what is wrong in itself          steps        the calls that make it so
"""
