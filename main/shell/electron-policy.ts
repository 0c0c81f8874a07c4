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
