import { join } from 'node:path';
import type { Page } from 'playwright';

/** Screens that appliances have: small panels, desks, walls, and one on its side. */
export const SIZES = [
  { width: 800, height: 480 },
  { width: 1024, height: 768 },
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
  { width: 1080, height: 1920 },
] as const;

/** How somebody has a page before them: pixels of the screen, and the size of its text in per cent. */
export interface View {
  readonly width: number;
  readonly height: number;
  readonly text: number;
}

/** Of what pictures are taken: every size, and one with text twice as large. */
export const PICTURED: readonly View[] = [
  ...SIZES.map((size) => ({ ...size, text: 100 })),
  { width: 1280, height: 800, text: 200 },
];

export const nameOfView = ({ width, height, text }: View): string =>
  `${width}x${height}${text === 100 ? '' : `-text-${text}`}`;

/** Does something at each of the {@link SIZES}, with text as it is and twice as large, and leaves the page as it was. */
export async function inEachView(page: Page, work: (view: View) => Promise<void>): Promise<void> {
  const before = page.viewportSize();
  for (const size of SIZES) {
    await page.setViewportSize(size);
    for (const text of [100, 200]) {
      await page.evaluate(`document.documentElement.style.fontSize = '${text}%'`);
      await work({ ...size, text });
    }
  }
  await page.evaluate(`document.documentElement.style.fontSize = ''`);
  if (before) await page.setViewportSize(before);
}

/**
 * Takes a picture of a page that somebody has before them so, if there is to be one ({@link PICTURED}). Nothing is scrolled, but to
 * the field that is written to by the keyboard on the screen.
 */
export async function takePicture(page: Page, folder: string, name: string, view: View): Promise<void> {
  if (!PICTURED.some((each) => nameOfView(each) === nameOfView(view))) return;
  await page.mouse.move(0, 0);
  await page.evaluate(`
    document.querySelectorAll('*').forEach((element) => { element.scrollTop = 0; });
    if (document.querySelector('.keyboard')) document.activeElement.scrollIntoView({ block: 'center' });
  `);
  await page.screenshot({ path: join(folder, `${name}.${nameOfView(view)}.png`), animations: 'disabled' });
}
