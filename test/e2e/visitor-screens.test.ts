import { afterAll, beforeAll, expect, it } from 'vitest';
import { LANGUAGES, type Language } from '#contract';
import { addAxe, VIOLATIONS } from '../support/accessible.ts';
import { openGallery } from '../support/gallery.ts';
import { UNPAINTED } from '../support/painted.ts';
import type { Screen } from '../support/screen.ts';
import { KEYS } from '../support/keypad.ts';
import { inEachView, nameOfView, SIZES } from '../support/sizes.ts';

/**
 * Every screen of a visitor, in each of its texts, drawn by the kiosk's own components. That the kiosk shows them, and when, is
 * what `kiosk.test.ts` and `painted.test.ts` are for.
 */
let screen: Screen;

/** Pixels: WCAG 2.2 asks for 24, a hand that trembles for these. */
const FINGER = 44;

beforeAll(async () => {
  screen = await openGallery({ clip: null });
});
afterAll(() => screen.close());

/** What is wrong at one size with each of the screens that an expression of the page lists, with its language. */
async function wrongAt(size: (typeof SIZES)[number], text: 100 | 200, screens: string): Promise<string[]> {
  await screen.page.setViewportSize(size);
  return await screen.page.evaluate<string[]>(`
    document.documentElement.style.fontSize = '${text}%';
    (${screens}).flatMap(({ name, language }) => {
      gallery.show(name, language);
      return ${UNPAINTED}(${text > 100}, ${FINGER}).map((wrong) => name + ' in ' + language + ': ' + wrong);
    });
  `);
}

const everyScreenIn = (language: Language): string =>
  `gallery.names.map((name) => ({ name, language: '${language}' }))`;

it.each(LANGUAGES)('every screen of a visitor is painted whole on a small panel, in %s', async (language) => {
  expect(await wrongAt(SIZES[0], 100, everyScreenIn(language))).toEqual([]);
});

it('the longest texts of each kind of screen are painted whole at every size', async () => {
  const longest = await screen.page.evaluate<unknown>(`window.longest = gallery.longest(gallery.languages)`);
  expect(longest).toHaveProperty(
    'length',
    expect.toSatisfy((count: number) => count > 20),
  );
  const wrong: Record<string, string[]> = {};
  for (const size of SIZES)
    for (const text of [100, 200] as const) {
      const here = await wrongAt(size, text, 'longest');
      if (here.length > 0) wrong[`${size.width}x${size.height}, text ${text} %`] = here;
    }
  expect(wrong).toEqual({});
});

/** Of each screen: its name, and the texts that the operator's lock lies on, wherever it is scrolled to; null where there is no lock. */
const LOCKS = `gallery.names.map((name) => {
  gallery.show(name, 'de');
  const lock = document.querySelector('[data-testid=operator]')?.getBoundingClientRect();
  const covers = ({ left, right, top, bottom }) =>
    left < lock.right && right > lock.left && top < lock.bottom && bottom > lock.top;
  const texts = [...document.querySelectorAll('.kiosk :is(h1:not(.visually-hidden), p, button:not([data-testid=operator]))')];
  const isCovered = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    return text.checkVisibility({ visibilityProperty: true }) && [...range.getClientRects()].some(covers);
  };
  const scrolled = document.querySelector('.kiosk > :is(.attract, .notice)') ?? document.querySelector('.guide-text');
  const most = scrolled.scrollHeight - scrolled.clientHeight;
  const coveredAt = (way) => {
    scrolled.scrollTop = way * most;
    return texts.filter(isCovered).map(({ textContent }) => textContent);
  };
  return [name, lock ? [...new Set([0, 0.25, 0.5, 0.75, 1].flatMap(coveredAt))] : null];
})`;

it('the lock of the operator is on each screen but those that ask, decide or let in, and on no text', async () => {
  const { page } = screen;
  for (const size of SIZES)
    for (const text of [100, 200] as const) {
      await page.setViewportSize(size);
      await page.evaluate(`document.documentElement.style.fontSize = '${text}%'`);
      const locks = await page.evaluate<[string, string[] | null][]>(LOCKS);
      const without = locks.flatMap(([name, covered]) => (covered === null ? [name.replace(/-.*/, '')] : []));
      expect([...new Set(without)]).toEqual(['notice', 'step', 'resting', 'lighting', 'deciding', 'welcome']);
      const covering = locks.filter(([, covered]) => covered !== null && covered.length > 0);
      expect.soft(covering, `${size.width}x${size.height}, text ${text} %`).toEqual([]);
    }
  await page.evaluate(`document.documentElement.style.fontSize = ''`);
});

it('the keys of a code stay where they are when something went wrong', async () => {
  const { page } = screen;
  const moved: string[] = [];
  await inEachView(page, async (view) => {
    const found = await page.evaluate<string[]>(`gallery.languages.flatMap((language) => {
      const keysOf = (name) => {
        gallery.show(name, language);
        return ${KEYS};
      };
      const before = keysOf('code');
      return ['code-wrong', 'code-card-revoked', 'code-card-outdated', 'code-paused']
        .filter((name) => keysOf(name) !== before).map((name) => name + ' in ' + language);
    })`);
    moved.push(...found.map((name) => `${name} at ${nameOfView(view)}`));
  });
  expect(moved).toEqual([]);
});

it('no kind of screen of a visitor breaks a rule of WCAG', async () => {
  const { page } = screen;
  await addAxe(page);
  const wrong = await page.evaluate<string[]>(`(async () => {
    const wrong = [];
    for (const { name } of gallery.longest(['en'])) {
      gallery.show(name, 'en');
      wrong.push(...(await ${VIOLATIONS}).map((line) => name + ': ' + line));
    }
    return wrong;
  })()`);
  expect(wrong).toEqual([]);
});
