import type { Notice } from './notification.js';

/**
 * A channel to people. What one with `id` twice means is its kind's: Slack and mail show it twice, so that nobody sends it twice; others
 * know it by `about` or `id`. Fails with `notification.unavailable` and `notification.refused` when it surely was not taken, and with
 * `notification.unknown` when it may have been. No failure names a secret.
 */
export interface Notifier {
  send(sent: Sent, signal: AbortSignal): Promise<void>;
}
/** A notice as it goes out. */
export interface Sent {
  readonly id: string;
  /** What it is about: an alarm and its end have the same. */
  readonly about: string;
  readonly notice: Notice;
  /** The page of the workflow that it is about. */
  readonly link?: string;
}
