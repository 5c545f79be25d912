import { describe, expect, test, vi } from 'vitest';
import { resumed } from '../../src/cli/logs.js';
import { deploymentNamed } from '../../src/cli/reference.js';
import type { ApiClient } from '../../src/client/api.js';
import { CommandError } from '../../src/client/failure.js';

vi.spyOn(process.stderr, 'write').mockReturnValue(true);
const away = (): CommandError => new CommandError('away', 'wait', 1, undefined, 'unreachable');

/** An API that sends of `text`, each time it is asked, as much as the turn says, in pieces of three, and then breaks off. */
function breaking(text: string, turns: readonly (number | 'away')[], end: AbortController): ApiClient {
  let turn = 0;
  const logs: ApiClient['logs'] = () => {
    const most = turns[turn++];
    if (most === undefined) end.abort();
    if (most === 'away') return Promise.reject(away());
    return Promise.resolve(
      (async function* () {
        for (let at = 0; at < (most ?? 0); at += 3)
          yield await Promise.resolve(Buffer.from(text.slice(at, Math.min(at + 3, most ?? 0))));
        if (most !== undefined) throw away();
      })(),
    );
  };
  return { logs } as ApiClient;
}
async function read(turns: readonly (number | 'away')[], last = false): Promise<string> {
  const end = new AbortController();
  const api = breaking('0123456789', turns, end);
  if (last) setTimeout(() => end.abort(), 200);
  let all = '';
  for await (const chunk of resumed(api, { run: 'r' }, {}, end.signal)) all += Buffer.from(chunk).toString();
  return all;
}

describe('output that breaks off is taken up where it was', () => {
  test.each([[[4, 10]], [[5, 2, 'away', 10]], [[0, 10, 10]]] as const)('%j', async (turns) => {
    expect(await read(turns)).toBe('0123456789');
  });

  test('and is not said to be whole when the API was away at the end', async () => {
    await expect(read([4, 'away', 'away', 'away'], true)).rejects.toThrow(
      'the last of its output is missing',
    );
  });
});

test.each([
  ['deployment/lamp/staging/3', 'deployment/lamp/staging/3'],
  ['lamp/staging/3', 'deployment/lamp/staging/3'],
  ['lamp/v2-k3x9ab', undefined],
  ['v2-k3x9ab', undefined],
  [undefined, undefined],
])('%s names the deployment %s', (text, named) => {
  expect(deploymentNamed(text)).toBe(named);
});
