import { expect } from 'vitest';
import { FOUND_BAD } from './found-bad.js';
import { openFile } from './page-file.js';

/** The report of the run whose release the demo takes back, in a window of this width. */
export async function expectWhole(file: string, width: number): Promise<void> {
  const page = await openFile(file, width);
  for (const said of [
    'storefront v3 → staging → production',
    ...['Stages', 'Decisions', 'Deployment to staging', 'Deployment to production', 'Audit'],
    ...['✓ passed', '✗ failed', 'asserted, not proved', 'chain verified', 'no secrets found'],
  ])
    expect(page.text).toContain(said);
  expect(page.text).toMatch(new RegExp(`rolled back ${FOUND_BAD}.*; v3 was shipped to staging`));
  expect(page.text).toMatch(new RegExp(`fail 1 ${FOUND_BAD}`));
  // Shares and three triggers of two deployments; every stage that ran; the look that sent it back.
  expect(await page.visible('figure.chart svg.plot path.line')).toBeGreaterThanOrEqual(8);
  expect(await page.visible('svg.bar')).toBe(7);
  expect(await page.visible('circle.mark.fail')).toBeGreaterThanOrEqual(1);
  expect(await page.visible('svg.strip rect.fail')).toBeGreaterThanOrEqual(1);
  expect({ ...page, text: '' }).toMatchObject({ requests: [], complaints: [], overflow: 0 });
  expect(page.highestRow).toBeLessThan(200);
  await page.close();
}
