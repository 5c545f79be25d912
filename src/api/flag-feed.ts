import { flagSetText } from '../domain/flags.js';
import { targetKey, type TargetRef } from '../domain/ids.js';
import type { FlagStore } from '../domain/ports.js';

export interface Follower {
  /** All flags of the target: at once, and whenever one of them has changed. */
  readonly heard: (text: string) => void;
  /** They could not be read when it began, and it is told nothing more. */
  readonly failed: (error: unknown) => void;
}
export interface FlagFeed {
  /** Gives what ends it. */
  readonly follow: (target: TargetRef, follower: Follower) => () => void;
  /** Looks for changes. Who follows already keeps what he has when that fails. */
  readonly refresh: () => Promise<void>;
}
interface Followed {
  readonly target: TargetRef;
  readonly followers: Set<Follower>;
  text?: string;
  /** The last reading: one at a time, so that none is overtaken by what it read before. */
  reading: Promise<void>;
}

/** Flags of targets as they change: each target that somebody follows is read once for all who do. */
export function flagFeed(flags: Pick<FlagStore, 'list'>, signal: AbortSignal): FlagFeed {
  const followed = new Map<string, Followed>();
  const read = (of: Followed): Promise<void> => {
    of.reading = of.reading
      .catch(() => undefined)
      .then(async () => {
        const text = flagSetText(of.target, await flags.list(of.target, signal));
        if (text === of.text) return;
        of.text = text;
        for (const { heard } of of.followers) heard(text);
      });
    return of.reading;
  };
  return {
    follow: (target, follower) => {
      const key = targetKey(target);
      const of = followed.get(key) ?? begun(target);
      followed.set(key, of);
      of.followers.add(follower);
      const stop = (): void => {
        of.followers.delete(follower);
        // It may be called again when others follow anew.
        if (of.followers.size === 0 && followed.get(key) === of) followed.delete(key);
      };
      if (of.text !== undefined) follower.heard(of.text);
      else
        read(of).catch((error: unknown) => {
          if (of.text !== undefined || !of.followers.has(follower)) return;
          stop();
          follower.failed(error);
        });
      return stop;
    },
    refresh: async () => {
      await Promise.all([...followed.values()].map(read));
    },
  };
}

const begun = (target: TargetRef): Followed => ({
  target,
  followers: new Set(),
  reading: Promise.resolve(),
});

/** All flags of a target, once. */
export async function flagsNow(feed: FlagFeed, target: TargetRef): Promise<string> {
  let stop: (() => void) | undefined;
  try {
    return await new Promise<string>((heard, failed) => {
      stop = feed.follow(target, { heard, failed });
    });
  } finally {
    stop?.();
  }
}
