import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  confine,
  isOwnUrl,
  isPermitted,
  isTrustedSender,
  keepWindow,
  refuseDownloads,
  refusedSwitch,
  START_URL,
} from './electron-policy.ts';

describe('our own pages', () => {
  it.each([START_URL, 'lintel://app', 'lintel://app/#operator', 'lintel://app/index.html?x=1'])(
    '%s',
    (url) => {
      expect(isOwnUrl(url)).toBe(true);
    },
  );

  it.each([
    '',
    'about:blank',
    'https://app/',
    'file:///app/index.html',
    'lintel:app',
    'lintel://app.evil.example/',
    'lintel://evil.example/app',
    'lintel://app@evil.example/',
    'lintel://app:81/',
    'data:text/html,lintel://app/',
    'javascript:lintel://app/',
  ])('not %j', (url) => {
    expect(isOwnUrl(url)).toBe(false);
  });
});

describe('a caller', () => {
  it('is the main frame of our page', () => {
    expect(isTrustedSender({ url: START_URL, parent: null })).toBe(true);
  });
  it.each([
    ['a frame that is gone', null],
    ['a frame inside our page', { url: START_URL, parent: { url: START_URL } }],
    ['another page', { url: 'https://evil.example/', parent: null }],
  ])('is not %s', (_, frame) => {
    expect(isTrustedSender(frame)).toBe(false);
  });
});

describe('a permission', () => {
  it('is the camera for our page', () => {
    expect(isPermitted('media', START_URL, ['video'])).toBe(true);
  });
  it.each([
    ['media', START_URL, ['audio']],
    ['media', START_URL, ['video', 'audio']],
    ['media', START_URL, []],
    ['media', START_URL, ['unknown']],
    ['media', START_URL, [undefined]],
    ['media', 'https://evil.example/', ['video']],
    ['display-capture', START_URL, ['video']],
    ['geolocation', START_URL, []],
    ['openExternal', START_URL, []],
    ['notifications', START_URL, ['video']],
  ])('is not %s for %s with %j', (permission, url, mediaTypes) => {
    expect(isPermitted(permission, url, mediaTypes)).toBe(false);
  });
});

describe('a command line', () => {
  it.each([
    '--remote-debugging-port=9222',
    '--remote-debugging-pipe',
    '--remote-debugging-address=0.0.0.0',
    '-remote-debugging-port',
    '--REMOTE-DEBUGGING-PORT=0',
    '--remote-allow-origins=*',
    '--load-extension=/tmp/x',
    '--disable-web-security',
    '--no-sandbox',
    '--disable-setuid-sandbox',
    '--no-zygote-sandbox',
    '--disable-gpu-sandbox',
    '--single-process',
    '--inspect',
    '--inspect-brk=0',
    '--js-flags=--expose-gc',
    '--ignore-certificate-errors',
    '--proxy-server=evil.example',
    '--host-rules=MAP * evil.example',
    '--allow-file-access-from-files',
    '--renderer-cmd-prefix=sh',
  ])('is refused with %s', (argument) => {
    expect(refusedSwitch(['/opt/Lintel/lintel', '--data', '/d', argument])).toBe(
      argument.replace(/^-+/, '').replace(/=.*/, '').toLowerCase(),
    );
  });

  it.each([
    ['--data', '/var/lib/lintel'],
    ['--enable-features=UseOzonePlatform'],
    ['/remote-debugging-port'],
  ])('may have %s %s', (...args) => {
    expect(refusedSwitch(['/opt/Lintel/lintel', ...args])).toBeNull();
  });
});

describe('the window', () => {
  function setUp() {
    const windows: EventEmitter[] = [];
    let ending = false;
    keepWindow(
      () => {
        const window = new EventEmitter();
        windows.push(window);
        return window;
      },
      () => ending,
    );
    /** Asks the newest one to close. @returns whether it may */
    const mayClose = (): boolean => {
      let prevented = false;
      windows.at(-1)?.emit('close', { preventDefault: () => (prevented = true) });
      return !prevented;
    };
    return { windows, mayClose, end: () => (ending = true) };
  }

  it('stays when it is told to close, and is opened again when it is gone', () => {
    const { windows, mayClose } = setUp();
    for (let count = 1; count <= 3; count += 1) {
      expect(mayClose()).toBe(false);
      expect(windows).toHaveLength(count);
      windows.at(-1)?.emit('closed');
    }
    expect(windows).toHaveLength(4);
  });

  it('goes with the program', () => {
    const { windows, mayClose, end } = setUp();
    end();
    expect(mayClose()).toBe(true);
    windows.at(-1)?.emit('closed');
    expect(windows).toHaveLength(1);
  });
});

/** Tells listeners of something that may be refused. @returns whether it was */
function isRefused(emitter: EventEmitter, name: string, more: object = {}): boolean {
  let refused = false;
  emitter.emit(name, { ...more, preventDefault: () => (refused = true) });
  return refused;
}

it('a download is refused', () => {
  const session = new EventEmitter();
  refuseDownloads(session);
  expect(isRefused(session, 'will-download')).toBe(true);
});

describe('a page', () => {
  const contents = Object.assign(new EventEmitter(), {
    mayOpen: 'allow',
    setWindowOpenHandler(handler: () => { action: string }) {
      this.mayOpen = handler().action;
    },
  });
  confine(contents);

  it('goes to our own addresses and nowhere else, in whatever frame', () => {
    expect(isRefused(contents, 'will-frame-navigate', { url: `${START_URL}#operator` })).toBe(false);
    expect(isRefused(contents, 'will-frame-navigate', { url: 'file:///etc/passwd' })).toBe(true);
  });

  it('opens no window and holds no other page', () => {
    expect(contents.mayOpen).toBe('deny');
    expect(isRefused(contents, 'will-attach-webview')).toBe(true);
  });
});
