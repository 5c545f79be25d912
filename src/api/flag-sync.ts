import {
  Server,
  status,
  type Metadata,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServerWritableStream,
} from '@grpc/grpc-js';
import type { TargetRef } from '../domain/ids.js';
import { flagsNow, type FlagFeed } from './flag-feed.js';
import { selected } from './flag-selector.js';
import { FLAG_SYNC, type Selected, type Told } from './flag-sync-form.js';

export interface FlagSyncOptions {
  readonly feed: FlagFeed;
  readonly secret?: string;
  /** Hears why flags that were asked for could not be read; who asked is told to ask again. */
  readonly unread: (error: unknown) => void;
}

/** Serves flagd's in-process providers once it listens. With a secret each shows the token of the target that it asks for. */
export function flagSyncServer({ feed, secret, unread }: FlagSyncOptions): Server {
  // A client whose machine is gone says no goodbye.
  const server = new Server({ 'grpc.keepalive_time_ms': 30_000, 'grpc.keepalive_timeout_ms': 10_000 });
  server.addService(FLAG_SYNC, {
    syncFlags: (call: ServerWritableStream<Selected, Told>) => {
      const target = targetOf(call, secret);
      if ('code' in target) return void call.emit('error', target);
      const stop = feed.follow(target, {
        heard: (flagConfiguration) => void call.write({ flagConfiguration }),
        failed: (error) => {
          unread(error);
          call.emit('error', UNREAD);
        },
      });
      for (const end of ['cancelled', 'close', 'error']) call.on(end, stop);
    },
    fetchAllFlags: (call: ServerUnaryCall<Selected, Told>, answer: sendUnaryData<Told>) => {
      const target = targetOf(call, secret);
      if ('code' in target) return void answer(target);
      flagsNow(feed, target).then(
        (flagConfiguration) => {
          answer(null, { flagConfiguration });
        },
        (error: unknown) => {
          unread(error);
          answer(UNREAD);
        },
      );
    },
    getMetadata: (_: unknown, answer: sendUnaryData<object>) => void answer(null, {}),
  });
  return server;
}

interface Unserved {
  readonly code: status;
  readonly details: string;
}
const UNREAD: Unserved = { code: status.UNAVAILABLE, details: 'the flags cannot be read now: ask again' };

const UNNAMED: Unserved = {
  code: status.INVALID_ARGUMENT,
  details: 'the selector names no target: FLAGD_SOURCE_SELECTOR is SERVICE/ENVIRONMENT',
};
const BARRED: Unserved = {
  code: status.PERMISSION_DENIED,
  details:
    'the selector has no token of its target: FLAGD_SOURCE_SELECTOR is SERVICE/ENVIRONMENT,token=TOKEN',
};

/** Whose flags are asked for, in the header or in the request: clients send either or both. */
function targetOf(
  { metadata, request }: { readonly metadata: Metadata; readonly request: Selected },
  secret: string | undefined,
): TargetRef | Unserved {
  const target = selected(metadata.get('flagd-selector')[0]?.toString() ?? request.selector, secret);
  return target === 'unnamed' ? UNNAMED : target === 'barred' ? BARRED : target;
}
