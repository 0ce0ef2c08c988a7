"""Permissions: the statements of a function's resource policies, one policy of the function and one of each alias (11.11).

live         what is seen of a statement      difference   what comes, changes and goes; the steps of that
findings     whom they let in
"""
