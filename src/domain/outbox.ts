import type { Message } from './notification.js';

/** `unknown`: it may have arrived, and is not sent again; `withdrawn`: a newer one replaced it, or what it was about was over before it went out. */
export const MESSAGE_STATES = ['waiting', 'sending', 'sent', 'failed', 'unknown', 'withdrawn'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

export interface MessageRow extends Message {
  readonly state: MessageState;
  readonly attempts: number;
  /** What kept the last attempt from being well. */
  readonly why?: string;
  /** ISO instants: of putting it, and of its last change. */
  readonly createdAt: string;
  readonly changedAt: string;
}

/** How an attempt ended. */
export type AttemptEnd =
  | { readonly state: 'sent' }
  | { readonly state: 'failed' | 'unknown'; readonly why: string }
  | { readonly state: 'waiting'; readonly why: string; readonly afterMs: number };

/** Messages to people, until they have gone out and for a while after. */
export interface Outbox {
  /**
   * Puts messages; one whose id is there already is left as it is. What waits for the same channel about the same is withdrawn, and so is
   * all that waits about `over`. What repeats is not put when the last that was said about the same is its end. Repeating it is once.
   */
  put(messages: readonly Message[], over?: string): Promise<void>;
  /**
   * Marks messages that are due as being sent, at most so many of each channel, and gives them: nobody else has them. None while another about
   * the same is being sent.
   */
  claim(each: number): Promise<readonly MessageRow[]>;
  /** The end of an attempt that was claimed; a later attempt's row stays as it is. */
  end(claimed: Pick<MessageRow, 'id' | 'attempts'>, end: AttemptEnd): Promise<void>;
  /**
   * Whose end nobody has said for so long: what must not come twice is given, until its end is said; the rest waits again.
   */
  lost(afterMs: number): Promise<readonly MessageRow[]>;
  /** Newest first. */
  list(filter: {
    readonly states?: readonly MessageState[];
    readonly service?: string;
    readonly environment?: string;
    readonly sinceDays?: number;
    readonly limit?: number;
  }): Promise<readonly MessageRow[]>;
}
