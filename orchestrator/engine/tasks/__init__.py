"""Tasks: what is done once rather than held, each sort by its own module, all within the frame of `running`.

running       the life of a task's step: wait, see whether it was done, do it, remember that
calls         how its calls are sent: guarded, tried again, their faults treated by the one table
"""
