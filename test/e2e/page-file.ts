import { pathToFileURL } from 'node:url';
import { chromium as playwright } from 'playwright-core';
import { chromium } from './system.js';

/** What a browser without a network makes of a file. */
export interface SeenPage {
  /** What is to be read on it, blanks as one. */
  readonly text: string;
  /** How many elements of this selector are to be seen: they have a place and a size. */
  readonly visible: (selector: string) => Promise<number>;
  /** Everything that it asked for but itself, and everything that it complained of. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  /** By how much it is wider than its window. */
  readonly overflow: number;
  /** Its highest row of a table, in pixels: a column that has no room makes rows of dozens of lines. */
  readonly highestRow: number;
  readonly close: () => Promise<void>;
}

/** Opens a file as whoever it was sent to does: offline, in a window of this width. */
export async function openFile(path: string, width: number): Promise<SeenPage> {
  if (chromium === undefined)
    throw new Error('no browser: install the system package chromium (apt-get install chromium)');
  const browser = await playwright.launch({ executablePath: chromium });
  const context = await browser.newContext({ offline: true, viewport: { width, height: 900 } });
  const page = await context.newPage();
  const url = pathToFileURL(path).href;
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on('request', (r) => requests.push(...(r.url() === url ? [] : [r.url()])));
  page.on('console', (m) => complaints.push(m.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(url);
  return {
    text: (await page.locator('body').innerText()).replace(/\s+/g, ' '),
    visible: async (selector) => {
      const boxes = await Promise.all((await page.locator(selector).all()).map((e) => e.boundingBox()));
      return boxes.filter((box) => box !== null && (box.width > 0 || box.height > 0)).length;
    },
    requests,
    complaints,
    overflow: await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    ),
    highestRow: await page.evaluate<number>(
      "Math.max(...[...document.querySelectorAll('tbody tr')].map((row) => row.offsetHeight))",
    ),
    close: () => browser.close(),
  };
}
