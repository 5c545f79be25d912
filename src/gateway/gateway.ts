import type { Logger } from 'pino';
import { targetKey } from '../domain/ids.js';
import { HOST, openListener, type Listener } from './listener.js';
import { Metrics } from './metrics.js';
import { openFree } from '../free-port.js';
import { Refusal } from './refusal.js';
import { routeOf, type Route } from './routing.js';
import { saveState } from './state-dir.js';
import {
  admitted,
  divided,
  findTarget,
  shareOf,
  targetIn,
  withdrawn,
  withoutTarget,
  withTarget,
  type GatewayState,
  type SlotState,
  type SplitState,
  type TargetName,
  type TargetState,
} from './state.js';
import { drained, Traffic } from './traffic.js';
import { Upstreams } from './upstreams.js';

const REOPEN_MS = 500;

/**
 * The gateway's state and the listeners that act by it. Changes run one after another; each is on disk before it takes effect and before
 * it is acknowledged, and swaps routes in one step: connections and requests in flight do not notice.
 */
export class Gateway {
  readonly metrics = new Metrics();
  readonly #dir: string;
  readonly #log: Logger;
  readonly #upstreams: Upstreams;
  readonly #traffic = new Traffic();
  readonly #listeners = new Map<string, Listener>();
  readonly #routes = new Map<string, Route>();
  #state: GatewayState;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(dir: string, state: GatewayState, log: Logger) {
    this.#dir = dir;
    this.#log = log;
    this.#upstreams = new Upstreams(log);
    this.#state = state;
    this.#apply();
  }

  get state(): GatewayState {
    return this.#state;
  }
  isListening(target: TargetName): boolean {
    return this.#listeners.has(targetKey(target));
  }

  /** Listens again for every target that the state holds. A port that is taken now is tried again until it is free. */
  async start(): Promise<void> {
    await Promise.all(this.#state.targets.map((t) => this.#serial(() => this.#reopen(t))));
  }

  /**
   * Makes the target listen: on `port`, or on a free one that it keeps. A target that listens elsewhere moves.
   * Fails with 409 `port_taken`.
   */
  open(name: TargetName, port: number | undefined): Promise<TargetState> {
    return this.#serial(async () => {
      const target = findTarget(this.#state, name);
      const wanted = port ?? target?.port;
      if (target !== undefined && wanted === target.port && this.isListening(name)) return target;
      const listener = await this.#listen(name, wanted);
      const old = this.#listeners.get(targetKey(name));
      try {
        await this.#save(withTarget(this.#state, { slots: [], ...target, ...name, port: listener.port }));
      } catch (error) {
        await listener.close();
        throw error;
      }
      this.#listeners.set(targetKey(name), listener);
      if (old !== undefined) this.#closeLater(name, old);
      return targetIn(this.#state, name);
    });
  }

  /** Forgets the target and closes its address; one that is unknown is closed already. */
  close(name: TargetName): Promise<void> {
    return this.#serial(async () => {
      await this.#save(withoutTarget(this.#state, name));
      const listener = this.#listeners.get(targetKey(name));
      this.#listeners.delete(targetKey(name));
      this.metrics.forget(name);
      if (listener !== undefined) this.#closeLater(name, listener);
    });
  }

  admit(name: TargetName, slot: SlotState): Promise<TargetState> {
    return this.#change(name, (t) => admitted(t, slot));
  }
  withdraw(name: TargetName, slot: string): Promise<TargetState> {
    return this.#change(name, (t) => withdrawn(t, slot));
  }
  split(name: TargetName, split: SplitState): Promise<TargetState> {
    return this.#change(name, (t) => divided(t, split));
  }

  /**
   * Waits until nothing is in flight that the slot would not get today: with a share, to members that it has no more; without one, to
   * any. Says how many requests are left when the time is over or nobody wants to know any more.
   */
  async drain(name: TargetName, slot: string, timeoutMs: number, unwanted: AbortSignal): Promise<number> {
    targetIn(this.#state, name);
    const inflight = (): number => {
      const target = findTarget(this.#state, name);
      const serving = target !== undefined && shareOf(target, slot) > 0;
      const members = serving ? (target.slots.find((s) => s.slot === slot)?.members ?? []) : [];
      return this.#traffic.inflight(name, slot, (member) => !members.includes(member));
    };
    return drained(inflight, timeoutMs, unwanted);
  }

  /** Stops accepting, lets requests in flight end, lets go of the members. */
  async stop(): Promise<void> {
    this.#closed = true;
    await this.#last;
    await Promise.all([...this.#listeners.values()].map((l) => l.close()));
    await this.#upstreams.destroy();
  }

  #change(name: TargetName, change: (target: TargetState) => TargetState): Promise<TargetState> {
    return this.#serial(async () => {
      const next = change(targetIn(this.#state, name));
      await this.#save(withTarget(this.#state, next));
      return next;
    });
  }

  #serial<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    // Whoever asked for it is told how it failed; the next one only waits for its end.
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #save(next: GatewayState): Promise<void> {
    await saveState(this.#dir, next);
    this.#state = next;
    this.#apply();
  }

  #apply(): void {
    this.#routes.clear();
    const members = new Set<string>();
    for (const target of this.#state.targets) {
      this.#routes.set(targetKey(target), routeOf(target));
      if (target.split !== undefined) this.metrics.splitBy(target, target.split.salt);
      for (const slot of target.slots) {
        this.metrics.series(target, slot.slot, slot.release);
        for (const member of slot.members) members.add(member);
      }
    }
    this.#upstreams.keepOnly(members);
  }

  async #listen(target: TargetName, port: number | undefined): Promise<Listener> {
    const route = (): Route | undefined => this.#routes.get(targetKey(target));
    const log = this.#log.child({ service: target.service, environment: target.environment });
    const at = (p: number): Promise<Listener> =>
      openListener({ target, route, traffic: this.#traffic, metrics: this.metrics, log }, this.#upstreams, p);
    if (port === undefined) return openFree(at);
    try {
      return await at(port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error;
      const why =
        code === 'EACCES' ? 'may not be opened by this user' : 'is in use by another process or target';
      throw new Refusal(
        409,
        'port_taken',
        `listen: port ${String(port)} of ${HOST} ${why}; choose another or 0 for a free one`,
      );
    }
  }

  async #reopen(name: TargetName): Promise<void> {
    const target = findTarget(this.#state, name);
    if (this.#closed || target === undefined || this.isListening(name)) return;
    try {
      this.#listeners.set(targetKey(name), await this.#listen(name, target.port));
    } catch (error) {
      this.#log.error({ ...name, err: error }, 'the address of a target cannot be opened; trying again');
      setTimeout(() => void this.#serial(() => this.#reopen(name)), REOPEN_MS).unref();
    }
  }

  #closeLater(name: TargetName, listener: Listener): void {
    listener.close().catch((error: unknown) => {
      this.#log.warn({ ...name, err: error }, 'could not close a listener');
    });
  }
}
