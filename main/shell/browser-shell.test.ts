import { describe, expect, it } from 'vitest';
import { whyNotOpen } from './browser-shell.ts';

const machine = { chromium: '/usr/bin/chromium', env: { DISPLAY: ':0' }, uid: 1000 };

describe('Chromium', () => {
  it.each([
    ['on X', machine],
    ['on Wayland', { ...machine, env: { WAYLAND_DISPLAY: 'wayland-0' } }],
    ['where there are no user ids', { ...machine, uid: undefined }],
  ])('is opened %s', (_, on) => {
    expect(whyNotOpen(on)).toBeNull();
  });

  it.each([
    ['without a display', { ...machine, env: {} }, 'no display'],
    ['where it is missing', { ...machine, chromium: null }, 'apt install chromium'],
    ['as root', { ...machine, uid: 0 }, 'ordinary user'],
  ])('is not opened %s', (_, on, reason) => {
    expect(whyNotOpen(on)).toContain(reason);
  });
});
