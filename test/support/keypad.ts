import type { Page } from 'playwright';
import { inEachView, nameOfView } from './sizes.ts';

/** An expression of a page: where each key of the pad is, and how large. */
export const KEYS = `(() => {
  const keys = [...document.querySelectorAll('.pin-key')];
  if (keys.length === 0) throw new Error('There are no keys.');
  return JSON.stringify(keys.map((key) => {
    const { x, y, width, height } = key.getBoundingClientRect();
    return [x, y, width, height].map(Math.round);
  }));
})()`;

/** Where the keys of a PIN pad are in each view, which stays the same whatever is said above them. */
export async function keysOf(page: Page): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  await inEachView(page, async (view) => {
    found[nameOfView(view)] = await page.evaluate<string>(KEYS);
  });
  return found;
}
