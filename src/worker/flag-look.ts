import { promisify } from 'node:util';
import { credentials, makeClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { FLAG_SYNC } from '../api/flag-sync-form.js';
import type { WorkerSettings } from '../settings.js';
import { flagAddress } from './flag-place.js';

const LOOK_MS = 1_000;
const Client = makeClientConstructor(FLAG_SYNC, 'flagd.sync.v1.FlagSyncService');
type Ask = (
  asked: object,
  how: { readonly deadline: number },
  answer: (error: ServiceError | null, told: object) => void,
) => void;

/**
 * For `shipway doctor`: `answers` where the instances of this host are told to look for flags, whichever of its workers serves them, or why
 * it does not. Asks as flagd's providers do.
 */
export const lookAtFlags =
  (settings: Pick<WorkerSettings, 'flags' | 'stateDir'>) => async (): Promise<string> => {
    let address: string;
    try {
      address = await flagAddress(settings);
    } catch (error) {
      return `the port of flags is not known: ${String(error)}`;
    }
    const client = new Client(address, credentials.createInsecure());
    try {
      const ask = promisify((client['getMetadata'] as Ask).bind(client));
      await ask({}, { deadline: Date.now() + LOOK_MS });
      return 'answers';
    } catch (error) {
      return `${address}: ${(error as ServiceError).details}`;
    } finally {
      client.close();
    }
  };
