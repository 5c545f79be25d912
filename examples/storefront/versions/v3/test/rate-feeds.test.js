import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { openRateFeeds, readFeed } from '../src/rate-feeds.js';

test('every feed can be read and has four rates', async () => {
  const files = await readdir(new URL('../src/rates/', import.meta.url));
  assert.equal(files.length, 4);
  for (const file of files) {
    const { rates } = await readFeed(file.replace('.json', ''));
    assert.equal(Object.keys(rates).length, 4, file);
  }
});

test('development asks one feed', async () => {
  const nextFeed = await openRateFeeds({ production: false });
  assert.equal(nextFeed().name, 'frankfurt');
});
