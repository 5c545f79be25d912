import { flag, text } from './options.js';
import type { CommandSpec } from './table.js';

/** What is told of a run or a deployment to who was not there. */
export const REPORT: CommandSpec = {
  name: 'report',
  summary: 'what happened in a run or deployment, as a summary or as one page to keep',
  positionals: ['[RUN|DEPLOYMENT]'],
  options: {
    html: flag('as one page of HTML that needs nothing else: no network, no script'),
    output: text('FILE', 'with --html: into this file, which must not be there yet (default: stdout)'),
    verify: flag('recompute the whole audit chain, and say so in the report'),
  },
  examples: [
    'shipway report v2-k3x9ab',
    'shipway report v2-k3x9ab --html --output report.html',
    'shipway report deployment/storefront/production/3 --verify --html --output rollback.html',
  ],
  load: async () => (await import('./report.js')).report,
};

/** What other rules would have made of what was measured. */
export const REPLAY_METRICS: CommandSpec = {
  name: 'replay-metrics',
  summary:
    'judge a deployment’s recorded counters again: what its rules, or others, would have decided, and when',
  positionals: ['DEPLOYMENT'],
  options: {
    'error-rate': text('PERCENT', 'with this threshold of errors'),
    window: text('DURATION', 'with this window of errors'),
    tolerance: text('PERCENT', 'with this tolerance of the comparison with stable'),
    p95: text('DURATION', 'with this threshold of response time'),
    cpu: text('PERCENT', 'with this threshold of processor time, where it was measured'),
    memory: text('SIZE', 'with this threshold of memory, where it was measured'),
    file: {
      ...text(
        'FILE',
        'by all rules of this configuration, business metrics too (default: those that it had)',
      ),
      short: 'f',
    },
  },
  examples: [
    'shipway replay-metrics deployment/storefront/production/3',
    'shipway replay-metrics storefront/production/3 --error-rate 1% --window 2m',
    'shipway replay-metrics storefront/production/3 --p95 500ms --cpu 90%',
    'shipway replay-metrics storefront/production/3 -f shipway.yaml --json',
  ],
  load: async () => (await import('./replay-metrics.js')).replayMetrics,
};
