import type { PagePurpose, PageVerdict, WidgetNews, WidgetOrder } from '#contract';

/** `widget.js`: puts the widget's frame into a web page, begins its visits and tells the page what came of them. */

/** What a page receives after a success. A page can be made to say anything: only a redeemed `proof` signs a user in. */
interface Success {
  readonly user: PageVerdict['user'];
  readonly confidence: number | null;
  readonly proof: string | null;
  readonly mode: PagePurpose;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  /** Of a visit that was looked at: why it is no match. */
  readonly reasons?: readonly string[];
}

interface Options {
  /** A token of `POST /api/v1/widget/tokens`, or what fetches one from the server of the site for each visit. */
  readonly token?: string | (() => string | Promise<string>);
  readonly userId?: string;
  readonly mode?: PagePurpose;
  /** Tag such as `en` or `ar`; by default that of the page. */
  readonly language?: string;
  /** An element, or a selector of one; by default the place of the script. */
  readonly container?: Element | string;
}

type Listener<T> = (value: T) => void;

/** Passes past messages on to a new listener, too: the page's own script runs after this one. */
class Topic<T> {
  readonly #listeners: Listener<T>[] = [];
  #early: T[] = [];

  listen(listener: Listener<T>): void {
    this.#listeners.push(listener);
    const early = this.#early;
    this.#early = [];
    for (const value of early) queueMicrotask(() => listener(value));
  }

  say(value: T): void {
    if (this.#listeners.length === 0) this.#early.push(value);
    for (const listener of this.#listeners) listener(value);
  }
}

const script = document.currentScript instanceof HTMLScriptElement ? document.currentScript : null;
const server = new URL('.', script?.src ?? location.href);
const successes = new Topic<Success>();
const failures = new Topic<Failure>();

const SECRET: Failure = {
  code: 'KEY_IN_BROWSER',
  message:
    'A secret API key does not belong in a web page: anybody who opens the page can read it. It was not sent. Replace it, and give the page a short-lived token instead.',
};

/** The widget that is shown, if any. */
let stopShown: () => void = () => undefined;

function fail(failure: Failure): void {
  // The developer of the page looks into the console.
  // oxlint-disable-next-line no-console
  console.warn(`FaceAuth: ${failure.code}: ${failure.message}`);
  failures.say(failure);
}

function placeOf(container: Element | string | undefined): Element | null {
  if (container instanceof Element) return container;
  if (container !== undefined) return document.querySelector(container);
  const place = document.createElement('div');
  if (script?.parentElement && script.parentElement !== document.head) script.after(place);
  else document.body.append(place);
  return place;
}

function frameFor(address: URL): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.src = address.href;
  frame.allow = 'camera';
  frame.title = 'FaceAuth';
  frame.referrerPolicy = 'no-referrer';
  Object.assign(frame.style, {
    display: 'block',
    boxSizing: 'border-box',
    width: '100%',
    maxWidth: '26rem',
    height: '36rem',
    maxHeight: '100vh',
    border: '0',
    borderRadius: '12px',
    colorScheme: 'light',
  });
  return frame;
}

/** Shows the widget, in place of one that is shown. */
async function start(options: Options = {}): Promise<void> {
  stopShown();
  const { token, userId, mode = 'login', language = document.documentElement.lang } = options;
  if (typeof token === 'string' && !token.startsWith('pk_')) return fail(SECRET);
  if (token === undefined) {
    return fail({ code: 'MISSING_API_KEY', message: 'The page has no token: data-token is missing.' });
  }
  const place = placeOf(options.container);
  if (place === null) return fail({ code: 'NO_CONTAINER', message: 'There is no such element in the page.' });
  const address = new URL('widget/frame', server);
  address.searchParams.set('origin', location.origin);
  let isStopped = false;
  stopShown = () => void (isStopped = true);
  const isPermitted = await fetch(address, { method: 'HEAD', credentials: 'omit' }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (isStopped) return;
  if (!isPermitted) {
    const message = `The server cannot be reached, or pages of ${location.origin} may not use it.`;
    return fail({ code: 'PAGE_ORIGIN_REFUSED', message });
  }
  const frame = frameFor(address);

  const order = (message: WidgetOrder): void => frame.contentWindow?.postMessage(message, server.origin);
  const hear = ({ source, origin, data }: MessageEvent<WidgetNews>): void => {
    if (source !== frame.contentWindow || origin !== server.origin) return;
    if (data.widget === 'ready') {
      order({ widget: 'settings', purpose: mode, language: language === '' ? null : language });
    } else if (data.widget === 'begin') {
      void begin(token, { mode, user_id: userId, avoid: data.avoid }).then((answer) =>
        order({ widget: 'begun', id: data.id, answer }),
      );
    } else if (data.widget === 'verdict') {
      const { match, status, reasons, user, confidence, proof } = data.verdict;
      if (match) successes.say({ user, confidence, proof, mode });
      else fail({ code: status.toUpperCase(), message: reasons.join(', '), reasons });
    } else if (data.widget === 'failed') {
      fail({ code: data.code, message: data.message });
    } else {
      failures.say({ code: 'CANCELLED', message: 'The visit was given up.' });
    }
  };
  addEventListener('message', hear);
  place.append(frame);
  stopShown = () => {
    removeEventListener('message', hear);
    frame.remove();
    stopShown = () => undefined;
  };
}

/** Begins a visit from the page itself, since the browser then sends the page's origin. */
async function begin(
  token: NonNullable<Options['token']>,
  request: object,
): Promise<{ status: number; body: unknown }> {
  try {
    const shown = typeof token === 'string' ? token : await token();
    if (!shown.startsWith('pk_')) {
      const { code, message: error } = SECRET;
      return { status: 403, body: { success: false, code, error } };
    }
    const response = await fetch(new URL('api/v1/widget/visits', server), {
      method: 'POST',
      credentials: 'omit',
      headers: { authorization: `Bearer ${shown}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    return { status: response.status, body: await response.json() };
  } catch {
    return { status: 0, body: null };
  }
}

const FaceAuth = {
  /** Called with each success; what was said before is said again. */
  onSuccess: (listener: Listener<Success>): void => successes.listen(listener),
  /** Called with each failure, of a visit or of the set-up. */
  onError: (listener: Listener<Failure>): void => failures.listen(listener),
  start: (options?: Options): void => void start(options),
  /** Takes the widget out of the page, and closes the camera with it. */
  stop: (): void => stopShown(),
};
Object.assign(window, { FaceAuth });

const { apiKey, token = apiKey, userId, mode, lang: language, container } = script?.dataset ?? {};
if (token !== undefined) {
  const begin = (): void =>
    void start({
      token,
      ...(userId !== undefined && { userId }),
      ...((mode === 'login' || mode === 'enroll') && { mode }),
      ...(language !== undefined && { language }),
      ...(container !== undefined && { container }),
    });
  // The element may come after this script.
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin, { once: true });
  else begin();
}
