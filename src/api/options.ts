import type { Registry } from 'prom-client';
import type { ArtifactStore, SecretVault } from '../domain/ports.js';
import type { Store } from '../domain/store.js';
import type { Hooks } from './hooks.js';

/** Says in a few words what is well, or fails with what is not. */
export type Check = () => Promise<string>;

export interface ApiOptions {
  readonly store: Store;
  readonly artifacts: ArtifactStore;
  readonly secrets: SecretVault;
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** Of people and their tools: reads everything, uploads sources. */
  readonly token?: string;
  /** Of stage workers: reports for stages, and fetches and keeps artifacts. */
  readonly stageToken?: string;
  /** shipway's version. */
  readonly version: string;
  readonly checks: Readonly<Record<string, Check>>;
  readonly metrics?: Registry;
  /** The largest artifact that is taken. */
  readonly maxArtifactBytes: number;
  /** Absent: it takes no webhooks. */
  readonly hooks?: Hooks;
  /** Hears of errors that nobody foresaw. */
  readonly onBug?: (error: unknown) => void;
}
