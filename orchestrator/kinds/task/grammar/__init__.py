"""DynamoDB's expressions, as it reads them: what a plan says in `if` and `where`, and what the sandbox is asked.

- `syntax` has the words, `reserved` those that are no names; `values` and `operands` are what is compared
- `conditions` reads one, tells what no item could make right, and whether it holds for an item
"""
