/** How long a page may take until it is connected, on a slow machine, too. */
const OPEN_MS = 60_000;
/** A page that loads again is mostly back within this; Chromium closes the socket of one that crashed in the same way. */
const LOST_MS = 1_000;
/** A page that is open tries again four times a second; a busy machine takes its time. */
const RESUME_MS = 10_000;

/** Notices that the page of a screen crashed, or never came: the browser around it goes on showing what is left of it. */
export interface PageWatch {
  /** A browser was given an address. @param onLost called at most once, when its page did not come or is gone */
  expect(onLost: () => void): void;
  /** The page of the launch before goes on: it is connected, or will be within seconds. @param onLost as above */
  resume(onLost: () => void): void;
  /** A page is connected. */
  opened(): void;
  /** A page is no longer connected. @param left how many still are */
  closed(left: number): void;
  close(): void;
}

/**
 * @param openMs how long a page may take to come; @param lostMs how long it may be gone; @param resumeMs how long until it is back
 * @param onBack told when another browser shows the page that was gone, and for how many milliseconds it was
 */
export function createPageWatch({
  openMs = OPEN_MS,
  lostMs = LOST_MS,
  resumeMs = RESUME_MS,
  onBack = (_goneMs: number): void => undefined,
} = {}): PageWatch {
  let isConnected = false;
  /** Since when the page is gone, by the monotonic clock, and whether another browser is to show it. */
  let gone: { readonly since: number; isReplaced: boolean } | null = null;
  let watched: { readonly onLost: () => void; isOpen: boolean } | null = null;
  let timer: NodeJS.Timeout | undefined;
  const waitFor = (ms: number): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const lost = watched;
      watched = null;
      lost?.onLost();
    }, ms).unref();
  };
  return {
    expect(onLost) {
      watched = { onLost, isOpen: false };
      if (gone !== null) gone.isReplaced = true;
      waitFor(openMs);
    },
    resume(onLost) {
      watched = { onLost, isOpen: isConnected };
      if (isConnected) clearTimeout(timer);
      else waitFor(resumeMs);
    },
    opened() {
      isConnected = true;
      if (gone?.isReplaced) onBack(performance.now() - gone.since);
      gone = null;
      if (watched === null) return;
      watched.isOpen = true;
      clearTimeout(timer);
    },
    closed(left) {
      isConnected = left > 0;
      // The page of the browser before this one ends when the new one comes; that is no loss.
      if (!watched?.isOpen || left > 0) return;
      gone ??= { since: performance.now(), isReplaced: false };
      waitFor(lostMs);
    },
    close() {
      // Pages that end with the appliance are no loss.
      watched = null;
      clearTimeout(timer);
    },
  };
}
