/**
 * What the Electron shell allows, apart from Electron so that it is tested everywhere. `new URL(...).origin` is
 * "null" for schemes of one's own, so scheme and host are compared.
 */
export const SCHEME = 'lintel';
const HOST = 'app';
export const START_URL = `${SCHEME}://${HOST}/`;

export function isOwnUrl(url: string): boolean {
  const parsed = URL.parse(url);
  return parsed?.protocol === `${SCHEME}:` && parsed.host === HOST;
}

/** The part of Electron's `WebFrameMain` that matters here. */
export interface SenderFrame {
  readonly url: string;
  readonly parent: unknown;
}

/** Only the main frame of our own page may call; a frame that is gone may not. */
export const isTrustedSender = (frame: SenderFrame | null): boolean =>
  frame !== null && frame.parent === null && isOwnUrl(frame.url);

/** The camera, and only it, for our own page. `mediaTypes` as Electron's handlers name them. */
export const isPermitted = (
  permission: string,
  url: string,
  mediaTypes: readonly (string | undefined)[],
): boolean =>
  permission === 'media' &&
  isOwnUrl(url) &&
  mediaTypes.length > 0 &&
  mediaTypes.every((type) => type === 'video');

/** Chromium's switches that open the screen to other programs or take a protection away. */
const REFUSED_SWITCHES = [
  /^remote-debugging-/,
  /^remote-allow-origins$/,
  /^(?:no|disable)-.*sandbox$/,
  /^single-process$/,
  /^load-extension$/,
  /^disable-extensions-except$/,
  /^disable-web-security$/,
  /^disable-site-isolation-trials$/,
  /^allow-file-access/,
  /^allow-running-insecure-content$/,
  /^ignore-certificate-errors/,
  /^unsafely-treat-insecure-origin-as-secure$/,
  /^(?:js-flags|inspect.*|proxy-.*|host-rules|host-resolver-rules|renderer-cmd-prefix|gpu-launcher|utility-cmd-prefix)$/,
];

/**
 * The first switch on a command line that a kiosk must not be started with, without dashes and value, or null.
 * @param args of the process, the program's name included
 */
export function refusedSwitch(args: readonly string[]): string | null {
  for (const arg of args) {
    const name = /^--?([^=]+)/.exec(arg)?.[1]?.toLowerCase();
    if (name !== undefined && REFUSED_SWITCHES.some((pattern) => pattern.test(name))) return name;
  }
  return null;
}

/** The part of Electron's `BrowserWindow` that matters here. */
export interface ClosableWindow {
  on(event: 'close', listener: (event: { preventDefault(): void }) => void): unknown;
  on(event: 'closed', listener: () => void): unknown;
}

/**
 * Keeps a window on the screen until the program ends: a close that only the window was asked for is refused, and a
 * window that is gone all the same is opened again.
 * @param isEnding whether the program was ended by a person who may end it
 */
export function keepWindow(open: () => ClosableWindow, isEnding: () => boolean): void {
  const window = open();
  window.on('close', (event) => {
    if (!isEnding()) event.preventDefault();
  });
  window.on('closed', () => {
    if (!isEnding()) keepWindow(open, isEnding);
  });
}

/** The part of Electron's `Session` that matters here. */
export interface DownloadingSession {
  on(event: 'will-download', listener: (event: { preventDefault(): void }) => void): unknown;
}

/** Nothing leaves the screen as a file. */
export const refuseDownloads = (session: DownloadingSession): void =>
  void session.on('will-download', (event) => event.preventDefault());

/** The part of Electron's `WebContents` that matters here. */
export interface ConfinableContents {
  on(event: 'will-attach-webview', listener: (event: { preventDefault(): void }) => void): unknown;
  on(
    event: 'will-frame-navigate',
    listener: (event: { preventDefault(): void; readonly url: string }) => void,
  ): unknown;
  setWindowOpenHandler(handler: () => { action: 'deny' }): void;
}

/** Keeps a page at our own addresses: no other page in it, in a frame or in another window. */
export function confine(contents: ConfinableContents): void {
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.on('will-frame-navigate', (event) => {
    if (!isOwnUrl(event.url)) event.preventDefault();
  });
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}
