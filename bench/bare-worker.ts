import { bareActivities } from './bare-activities.js';
import { bareWorker, quietRuntime } from './lab.js';

/** A worker that knows only bare workflows, as a process of its own; SIGTERM ends it. */
quietRuntime();
const worker = await bareWorker(process.env['TEMPORAL_ADDRESS'] ?? '', bareActivities);
process.stderr.write('worker polls\n');
process.once('SIGTERM', () => void worker.stop().then(() => process.exit(0)));
