import type { Logger } from '@temporalio/worker';

export declare function bundleWorkflows(logger: Logger): Promise<string>;
