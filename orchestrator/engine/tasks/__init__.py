"""Tasks: what is done once rather than held, each sort by its own module, all within the frame of `running`.

running       the life of a task's step: wait, see whether it was done, do it, remember that
calls         how its calls are sent: guarded, tried again, their faults treated by the one table
transacting   transactions, exactly once          transaction    one of them as it is remembered
marking       the item that tells it was applied  cancellation   why it was not
unsettled     what a person is told where nothing tells
invoking      invocations, at least once          answers        what the function answered, and what it should have
"""
