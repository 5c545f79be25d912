import { onTestFinished, expect, test } from 'vitest';
import { connect } from '../../src/client.js';
import { startGuard } from '../../src/dev/guard.js';
import { startTemporal } from '../../src/dev/temporal.js';
import type { Statement } from '../../src/domain/statement.js';

test('a server that freezes is a failure in time, also where it would be asked why nobody answered', async () => {
  const temporal = await startTemporal({ ui: false, guard: startGuard() });
  onTestFinished(() => temporal.stop());
  const client = await connect({
    temporalAddress: temporal.address,
    namespace: 'default',
    apiUrl: 'http://127.0.0.1:1',
  });
  onTestFinished(() => client.close());
  process.kill(temporal.pid, 'SIGSTOP');
  onTestFinished(() => void process.kill(temporal.pid, 'SIGCONT'));
  const at = new Date().toISOString();
  const statement: Statement = {
    person: 'alice',
    verb: 'rollback',
    on: 'target/shop/staging',
    at,
    until: at,
    nonce: 'n',
    signature: 'none',
  };
  const request = { service: 'shop', environment: 'staging', requestId: 'r', reason: 'it hangs', statement };
  await expect(client.rollback(request)).rejects.toMatchObject({
    name: 'CommandError',
    kind: 'unanswered',
  });
}, 40_000);
