"""Tasks: what a plan may say of things that are done once, and what that comes to.

- `spec` has the models of the grammar, `rules` what is wrong with one by itself
- `conversion` makes DynamoDB's attribute values of a plan's values, and back; `numbers` and `sizes` are parts of that,
  `complaints` gathers all that is wrong with a value
- `works` makes of a spec, with the real names of what it acts on, the Work that the engine does; `transactions`,
  `expressions` and `templates` are parts of that
- `grammar` reads conditions as DynamoDB does, and `conditions` tells what it would refuse of one
- the requests of each sort, which the engine sends and a preview shows: `put` of a seed, `transact`, `invoke`, and `update` of
  a backfill: for a page of a segment, and for one item; `limits` tells what of these AWS would refuse

Files of items are read by `planning/seeds`: that takes the plan's own YAML.
"""
