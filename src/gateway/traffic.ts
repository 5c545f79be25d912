import { setTimeout as sleep } from 'node:timers/promises';
import type { TargetName } from './state.js';

/** One request from its first to its last byte. */
export interface Passage {
  /** The request goes to another member after all. */
  readonly moveTo: (member: string) => void;
  /** Twice is once. */
  readonly end: () => void;
}
const LOOK_MS = 5;

/** Counts the requests in flight by target, slot and member. */
export class Traffic {
  readonly #counts = new Map<string, Map<string, number>>();

  begin(target: TargetName, slot: string, member: string): Passage {
    const place = placeOf(target, slot);
    let at: string | undefined = member;
    this.#add(place, member, 1);
    return {
      moveTo: (other) => {
        if (at === undefined) return;
        this.#add(place, at, -1);
        this.#add(place, other, 1);
        at = other;
      },
      end: () => {
        if (at !== undefined) this.#add(place, at, -1);
        at = undefined;
      },
    };
  }

  /** Requests in flight to the members of the slot that `leaving` picks. */
  inflight(target: TargetName, slot: string, leaving: (member: string) => boolean): number {
    let sum = 0;
    for (const [member, count] of this.#counts.get(placeOf(target, slot)) ?? []) {
      if (leaving(member)) sum += count;
    }
    return sum;
  }

  #add(place: string, member: string, by: number): void {
    const members = this.#counts.get(place) ?? new Map<string, number>();
    const count = (members.get(member) ?? 0) + by;
    if (count > 0) members.set(member, count);
    else members.delete(member);
    if (members.size > 0) this.#counts.set(place, members);
    else this.#counts.delete(place);
  }
}

/** Waits until `inflight` is 0, the time is over or nobody wants to know any more; says what it is then. */
export async function drained(
  inflight: () => number,
  timeoutMs: number,
  unwanted: AbortSignal,
): Promise<number> {
  const end = performance.now() + timeoutMs;
  while (inflight() > 0 && performance.now() < end && !unwanted.aborted) await sleep(LOOK_MS);
  return inflight();
}

const placeOf = (t: TargetName, slot: string): string => `${t.service}/${t.environment}/${slot}`;
