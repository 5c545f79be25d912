import type { temporal } from '@temporalio/proto';

export declare function historyText(history: temporal.api.history.v1.IHistory): string;
