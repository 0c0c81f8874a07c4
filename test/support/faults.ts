import type { Page } from 'playwright';
import { addAxe, VIOLATIONS } from './accessible.ts';
import { UNPAINTED } from './painted.ts';
import { inEachView, nameOfView, takePicture } from './sizes.ts';

/** Where `npm run screenshots` wants a picture of each screen that is checked; otherwise none is taken. */
const PICTURES = process.env['LINTEL_PICTURES'];

/**
 * What is wrong with the present screen: what {@link UNPAINTED} finds in each view, and which rules of WCAG it breaks.
 *
 * @param name of the screen and its pictures
 * @param scrolls whether a person may have to scroll down to a control, as they may where text is twice as large
 * @returns a line for each fault
 */
export async function faultsOf(page: Page, name: string, scrolls = true): Promise<string[]> {
  const found: string[] = [];
  await inEachView(page, async (view) => {
    const wrong = await page.evaluate<string[]>(`${UNPAINTED}(${scrolls || view.text > 100})`);
    found.push(...wrong.map((line) => `${name} at ${nameOfView(view)}: ${line}`));
    if (PICTURES !== undefined) await takePicture(page, PICTURES, name, view);
  });
  await addAxe(page);
  const violations = await page.evaluate<string[]>(VIOLATIONS);
  return [...found, ...violations.map((line) => `${name}: ${line}`)];
}
