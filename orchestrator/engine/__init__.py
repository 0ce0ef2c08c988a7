"""The engine: a Preview and the ports enter, a Report leaves; everything in between is told as events.

executor     lanes side by side, and what can end them early      lane_run     the steps of one lane, in order
step         the life of one step                                 attempt      one call: bound, written down, sent once
judge        what one look means for a step (pure)                settle       polling until a judge is satisfied
faults       the one table: answer -> treatment (pure)            treatment    what treatments there are (pure)
observe      live state before a run, and of one root within it   persistence  reads that are tried again
limits       request rates, the shared slowdown, slots            pacing       the arithmetic of waiting (pure)
record       events on their way to journal and listeners         ending       how a step can end, as values
fold         events -> report (pure)                              log          events -> log lines (pure)
wait         waiting for others without changing anything         stop         why a run ends early
run          what lanes share                                     options      what a run is asked to keep to
parking      what AWS takes only after a known time               rounds       a graph, then what is planned anew
hindsight    what is told while a run looks back                  race         work side by side, or cut short
"""
