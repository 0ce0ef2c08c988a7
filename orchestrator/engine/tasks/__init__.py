"""Tasks: what is done once rather than held, each sort by its own module, all within the frame of `running`.

running       the life of a task's step: wait, see whether it was done, do it, remember that
calls         how its calls are sent: guarded, tried again, their faults treated by the one table
transacting   transactions, exactly once          transaction    one of them as it is remembered
marking       the item that tells it was applied  cancellation   why it was not
keys          how items are named in words
unsettled     what a person is told where nothing tells
invoking      invocations, at least once          answers        what the function answered, and what it should have
seeding       items put into a table              source         handed out in order, and how far they are done
backfilling   items of a table updated            segments       one part of the table, page by page
tally         what became of them                 sampling       what would become of some, before anything is done
flow          as many calls at once as a table takes
bucket        so many write units a second        checkpoints    how far a task has come, for the next run
pace          progress, rate, how long the rest takes
"""
