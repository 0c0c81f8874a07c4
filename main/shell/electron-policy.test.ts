import { describe, expect, it } from 'vitest';
import { isOwnUrl, isPermitted, isTrustedSender, START_URL } from './electron-policy.ts';

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
