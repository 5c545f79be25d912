import { text } from './options.js';
import type { CommandSpec } from './table.js';

/** Which strategy to take, before there is anything to deploy. */
export const CHOOSE: CommandSpec = {
  name: 'choose',
  summary: 'which strategy a service wants, and why; asks what no option says',
  positionals: [],
  options: {
    'zero-downtime': text('ANSWER', 'yes or no: it must answer at every moment'),
    traffic: text('ANSWER', 'high, medium or low'),
    complexity: text('ANSWER', 'simple, or complex: many parts that go together'),
    focus: text('ANSWER', 'users, features, performance or none: what to find out before all have it'),
    spare: text('ANSWER', 'yes or no: there is room for both releases at once'),
    'way-back': text('ANSWER', 'seconds or minutes: until users are back when it is bad'),
  },
  examples: [
    'shipway choose',
    'shipway choose --zero-downtime yes --traffic medium',
    'shipway choose --focus users --spare no --json',
  ],
  alone: true,
  load: async () => (await import('./choose.js')).choose,
};
