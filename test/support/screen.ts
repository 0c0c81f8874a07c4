import { chromium, type Browser, type Page } from 'playwright';
import { CHROMIUM, find } from '../../scripts/setup/debian.ts';
import { NEVER_COMES_MS } from '../../scripts/test/limits.ts';

export interface Screen {
  readonly page: Page;
  readonly browser: Browser;
  close(): Promise<void>;
}

export interface ScreenOptions {
  /** A clip that plays as the camera; null for a machine without one. */
  readonly clip: string | null;
  readonly viewport?: { width: number; height: number };
}

/** Opens Chromium without a display in front of an appliance. @throws Error when Chromium is not installed */
export async function openScreen(
  address: string,
  { clip, viewport = { width: 1280, height: 800 } }: ScreenOptions,
): Promise<Screen> {
  const executablePath = process.env['LINTEL_CHROMIUM'] ?? find(CHROMIUM);
  if (!executablePath) throw new Error('Chromium is not installed. Run npm run setup -- --tests');
  const camera =
    clip === null
      ? ['--use-fake-device-for-media-stream=device-count=0']
      : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${clip}`];
  const browser = await chromium.launch({
    executablePath,
    timeout: NEVER_COMES_MS,
    args: [
      ...camera,
      '--use-fake-ui-for-media-stream',
      // MediaPipe wants WebGL 2, here without a graphics card.
      '--enable-unsafe-swiftshader',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
    ],
    // Only here: containers run tests as root, and Chromium's sandbox refuses root.
    chromiumSandbox: process.getuid?.() !== 0,
  });
  const page = await browser.newPage({ viewport });
  page.setDefaultTimeout(NEVER_COMES_MS);
  await page.goto(address);
  return { page, browser, close: () => browser.close() };
}

/** Goes to the operator's screens and gives a PIN, or a set-up code. */
export async function enterPin(page: Page, pin: string): Promise<void> {
  await page.evaluate(`location.hash = '#operator'`);
  await waitForScreen(page, 'operator-pin');
  await typePin(page, pin);
}

/** Goes to the operator's screens as the first operator, who has the set-up code and chooses the PIN, twice. */
export async function choosePin(page: Page, setupCode: string | null, pin: string): Promise<void> {
  if (setupCode === null) throw new Error('There is a PIN already.');
  await enterPin(page, setupCode);
  await page.locator('[data-mode="choose"]').waitFor();
  await typePin(page, pin);
  await page.locator('[data-mode="repeat"]').waitFor();
  await typePin(page, pin);
  await waitForScreen(page, 'operator-people');
}

/** Types a PIN or a code on the keyboard, and confirms it. */
export async function typePin(page: Page, pin: string): Promise<void> {
  await page.keyboard.type(pin);
  await page.keyboard.press('Enter');
}

/** Waits until the kiosk shows one of these screens. @returns which */
export async function waitForScreen(page: Page, ...names: string[]): Promise<string> {
  const selector = names.map((name) => `[data-screen="${name}"]`).join(',');
  const element = await page.waitForSelector(selector);
  return (await element.getAttribute('data-screen')) ?? '';
}
