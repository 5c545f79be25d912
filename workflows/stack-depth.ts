/**
 * For every promise of a workflow Temporal's SDK takes down where it was made, each line looked up in the source map: with ten lines, which is what
 * V8 begins with, that is a third of what its thread does for a short one. Two are the SDK's own, which nobody is shown; where a workflow waits,
 * and who had it wait, is in the next ones.
 */
Error.stackTraceLimit = 4;
