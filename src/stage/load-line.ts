import { join } from 'node:path';
import type { PerformanceStage } from '../domain/plan.js';
import { packageRoot } from '../paths.js';
import { quoted } from './job.js';
import type { LoadOrder } from './load-order.js';

const PROGRAM = 'dist/src/stage/load-child.js';
const END = 'END_OF_ORDER';

/** The line by which a stage's runner starts the program of a performance test, which reads what to do: JSON has no line of its own. */
export function loadLine(stage: PerformanceStage, tool: string): string {
  const { command, environment, readyPath, startupTimeoutMs, requests, rate } = stage;
  const order: LoadOrder = {
    ...{ tool, command, environment, readyPath, startupTimeoutMs, requests, rate },
    requestTimeoutMs: stage.requestTimeoutMs,
    maxInFlight: stage.maxInFlight,
    totalMs: stage.warmUpMs + stage.durationMs,
  };
  const words = [process.execPath, join(packageRoot(), PROGRAM)].map(quoted).join(' ');
  return `${words} <<'${END}'\n${JSON.stringify(order)}\n${END}`;
}
