import { flag } from './options.js';
import type { CommandSpec } from './table.js';

/** What keeps the house. */
export const KEEPING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'housekeeping',
    summary: 'remove now what has had its time by the policy, and look whether targets are as recorded',
    positionals: [],
    options: { 'dry-run': flag('say what would go, and remove nothing') },
    examples: ['shipway housekeeping --dry-run', 'shipway housekeeping --json'],
    load: async () => (await import('./housekeeping.js')).housekeeping,
  },
  {
    name: 'doctor',
    summary: 'check servers, pollers, disk, clocks, policy, store, artifacts, housekeeping and drift',
    positionals: [],
    options: {},
    examples: ['shipway doctor', 'shipway doctor --json'],
    load: async () => (await import('./doctor.js')).doctor,
  },
];
