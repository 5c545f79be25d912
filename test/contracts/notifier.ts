import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Notice } from '../../src/domain/notification.js';
import type { Notifier, Sent } from '../../src/domain/notifier.js';

/** How the other side takes what comes next. */
export type Taking = 'well' | 'refuse' | 'later' | 'take it and cut the line';
export interface Received {
  readonly title: string;
  readonly text: string;
  /** Of those that know one message from another. */
  readonly key?: string;
  readonly closes?: boolean;
}
export interface NotifierHarness {
  readonly notifier: Notifier;
  /** What has arrived whole, oldest first. */
  readonly received: readonly Received[];
  readonly take: (taking: Taking) => void;
  /** In no message, and in no failure. */
  readonly secret: string;
  /** Nobody listens any more. */
  readonly end: () => Promise<void>;
}
export interface NotifierTraits {
  /** Alarms have an end. */
  readonly takesEnds: boolean;
}

export const NOTICE: Notice = {
  ...{ service: 'shop', environment: 'production', version: 'v2', event: 'parked', severity: 'error' },
  title: 'in doubt, a decision is asked: shop v2 → production',
  lines: ['bake is inconclusive: 3 < 5 & more', 'shipway approve deployment/shop/production/2'],
  ...{ at: '2026-01-02T03:04:05.678Z', workflow: 'deployment/shop/production/2' },
};
export const SENT: Sent = {
  ...{ id: 'w/r/1/gate.opened/ops', about: 'deployment/shop/production/2/abc', notice: NOTICE },
  link: 'https://ui.example/workflows/1',
};
const never = new AbortController().signal;

/** What every channel to people promises. */
export function notifierContract(
  name: string,
  { takesEnds }: NotifierTraits,
  make: () => Promise<NotifierHarness>,
): void {
  describe(`${name}: notifier`, () => {
    let h: NotifierHarness;
    beforeEach(async () => {
      h = await make();
    });
    afterEach(() => h.end());
    const failure = (sent: Sent = SENT, signal = never): Promise<unknown> =>
      h.notifier.send(sent, signal).then(
        () => 'it was sent',
        (error: unknown) => error,
      );

    test('what is sent arrives: title, lines and link', async () => {
      await h.notifier.send(SENT, never);
      expect(h.received).toHaveLength(1);
      expect(h.received[0]?.title).toContain(NOTICE.title);
      for (const part of ['bake is inconclusive', 'shipway approve', 'https://ui.example/workflows/1'])
        expect(h.received[0]?.text).toContain(part);
      expect(JSON.stringify(h.received)).not.toContain(h.secret);
    });

    test('text is text, whatever it looks like', async () => {
      const lines = ['<!channel> <https://evil.example|click>', '.', 'Bcc: eve@example.com', '`$(id)`'];
      const title = 'shop <!everyone> 🚢 → "production"';
      await h.notifier.send({ ...SENT, notice: { ...NOTICE, title, lines } }, never);
      expect(h.received).toHaveLength(1);
      for (const part of ['evil.example', 'Bcc: eve@example.com', '$(id)'])
        expect(h.received[0]?.text).toContain(part);
    });

    test.each([
      ['refuse', 'notification.refused'],
      ['later', 'notification.unavailable'],
      ['take it and cut the line', 'notification.unknown'],
    ] as const)('%s: %s, which names no secret, and nothing is sent a second time', async (taking, type) => {
      h.take(taking);
      const failed = await failure();
      expect(failed).toMatchObject({ type });
      expect(String(failed)).not.toContain(h.secret);
      expect(h.received.length).toBeLessThanOrEqual(1);
      h.take('well');
      await h.notifier.send(SENT, never);
    });

    test('nobody listens: it surely was not taken', async () => {
      await h.end();
      const failed = await failure();
      expect(failed).toMatchObject({ type: 'notification.unavailable' });
      expect(String(failed)).not.toContain(h.secret);
    });

    test('an abort is heeded', async () => {
      const stop = new AbortController();
      const sending = failure(SENT, stop.signal);
      stop.abort(new Error('enough'));
      expect(await sending).toMatchObject({ message: 'enough' });
    });

    if (takesEnds)
      test('the end of an alarm names the alarm', async () => {
        await h.notifier.send(SENT, never);
        await h.notifier.send({ ...SENT, id: 'other', notice: { ...NOTICE, closes: true } }, never);
        expect(h.received.map(({ closes }) => closes)).toEqual([false, true]);
        expect(h.received[0]?.key).toBe(h.received[1]?.key);
      });
  });
}
