import { readFile } from 'node:fs/promises';

// One feed is enough to develop with; production spreads its questions over all regions.
const DEVELOPMENT = ['frankfurt'];
const PRODUCTION = ['frankfurt', 'london', 'new-york', 'singapore'];

/** Loads the feeds; the result chooses one of them for each question. Fails when a feed is missing or has a rate that is no number. */
export async function openRateFeeds({ production }) {
  const feeds = await Promise.all((production ? PRODUCTION : DEVELOPMENT).map(readFeed));
  return () => feeds[Math.floor(Math.random() * feeds.length)];
}

export async function readFeed(name) {
  const rates = JSON.parse(await readFile(new URL(`rates/${name}.json`, import.meta.url), 'utf8'));
  const wrong = Object.entries(rates).find(([, rate]) => !(Number.isFinite(rate) && rate > 0));
  if (wrong !== undefined) throw new Error(`the feed ${name} has no usable rate for ${wrong[0]}`);
  return { name, rates };
}
