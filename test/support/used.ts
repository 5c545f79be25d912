import type { InstanceUsage, Usage } from '../../src/domain/usage.js';

export const MiB = 1024 ** 2;

export const one = (cpuMs: number, memoryBytes: number, id = 'a', startedAt = 'once'): InstanceUsage => ({
  ...{ id, startedAt, cpuMs, memoryBytes },
});
/** What a look at both slots says. */
export const answered = (
  at: number,
  green: readonly InstanceUsage[],
  blue?: readonly InstanceUsage[],
): Usage => ({
  slots: { green: { at, instances: green }, ...(blue && { blue: { at, instances: blue } }) },
});
