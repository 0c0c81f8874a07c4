import { afterAll, beforeAll, expect, it } from 'vitest';
import { addAxe, VIOLATIONS } from '../support/accessible.ts';
import { openScreen, type Screen } from '../support/screen.ts';
import { newServer, type Server } from '../support/server.ts';
import { SIZES } from '../support/sizes.ts';

let server: Server;
let screen: Screen;
beforeAll(async () => {
  server = await newServer();
  screen = await openScreen(server.origin, { clip: null });
});
afterAll(async () => {
  await screen.close();
  await server.remove();
});

it.each(['/', '/docs'])('%s is readable on phones and desks, light and dark', async (path) => {
  const { page } = screen;
  await page.goto(server.origin + path);
  await addAxe(page);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const size of [{ width: 390, height: 844 }, ...SIZES]) {
      await page.setViewportSize(size);
      const { scrollWidth } = await page.evaluate<{ scrollWidth: number }>(
        '({ scrollWidth: document.documentElement.scrollWidth })',
      );
      expect(scrollWidth).toBe(size.width);
      expect(await page.evaluate(VIOLATIONS)).toEqual([]);
    }
  }
});
