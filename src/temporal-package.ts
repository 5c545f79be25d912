import { createRequire } from 'node:module';
import type * as client from '@temporalio/client';
import type * as common from '@temporalio/common';

interface Packages {
  readonly '@temporalio/client': typeof client;
  readonly '@temporalio/common': typeof common;
}
const load = createRequire(import.meta.url);

/**
 * What a package of Temporal's exports, required as the CommonJS that it is. Before Node runs one that is imported it reads all of it, and all
 * that it hands on, in search of names: a seventh of what a command takes that only asks something. To whoever imports it, it is the same one.
 */
export const temporalPackage = <Name extends keyof Packages>(name: Name): Packages[Name] =>
  load(name) as Packages[Name];
