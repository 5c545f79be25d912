import { chromium as playwright, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { chromium } from './system.js';

/** Temporal's UI as a person sees it, in the system's Chromium. Nothing but this machine is ever asked. */
export interface TemporalUi {
  /** What is on the page of a workflow: its header, its history, and the summary and details of its metadata. */
  readonly workflow: (id: string, shows: readonly string[]) => Promise<string>;
  /** Workflow ids in the list for a query. */
  readonly list: (query: string, shows: readonly string[]) => Promise<string>;
  readonly close: () => Promise<void>;
}

const APPEARS_MS = 60_000;

export async function openTemporalUi(uiUrl: string): Promise<TemporalUi> {
  if (chromium === undefined)
    throw new Error('no browser: install the system package chromium (apt-get install chromium)');
  const browser: Browser = await playwright.launch({ executablePath: chromium });
  const context = await browser.newContext({ viewport: { width: 1500, height: 1300 } });
  await onThisMachineOnly(context);
  const page = await context.newPage();
  const base = `${uiUrl}/namespaces/default/workflows`;
  return {
    workflow: async (id, shows) => {
      await page.goto(`${base}/${encodeURIComponent(id)}`, { waitUntil: 'domcontentloaded' });
      const story = await shown(page, [id]);
      await page.getByText('User Metadata', { exact: true }).first().click();
      return `${story}\n${await shown(page, shows)}`;
    },
    list: async (query, shows) => {
      await page.goto(`${base}?query=${encodeURIComponent(query)}`, { waitUntil: 'domcontentloaded' });
      return shown(page, shows);
    },
    close: () => browser.close(),
  };
}

async function onThisMachineOnly(context: BrowserContext): Promise<void> {
  await context.route('**/*', (route) =>
    new URL(route.request().url()).hostname === '127.0.0.1' ? route.continue() : route.abort(),
  );
}

/** The text of the page and its frames, once all of `shows` is in it. Fails with what is there instead. */
async function shown(page: Page, shows: readonly string[]): Promise<string> {
  for (const until = Date.now() + APPEARS_MS; ; await page.waitForTimeout(200)) {
    const text = await textOf(page);
    const missing = shows.filter((s) => !text.includes(s));
    if (missing.length === 0) return text;
    if (Date.now() > until)
      throw new Error(`${page.url()} does not show ${missing.join(', ')} but:\n${text}`);
  }
}

/** Details are Markdown in a frame of its own. Cells are apart by tabs there, and here by one space. */
async function textOf(page: Page): Promise<string> {
  const texts = await Promise.all(
    page.frames().map((frame) =>
      frame
        .locator('body')
        .innerText({ timeout: 2_000 })
        .catch(() => ''),
    ),
  );
  return texts.join('\n').replace(/[^\S\n]+/g, ' ');
}
