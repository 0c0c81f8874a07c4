import { expect, it } from 'vitest';
import { ApiError } from '#client';
import { refusalCode } from './realeyes-calls.ts';

const refused = (status: number, code: string): string =>
  refusalCode(new ApiError(status, { type: '', title: '', status, code, detail: '', requestId: '' }, null));

it.each(['no-face', 'too-dark', 'image-corrupt', 'collection-not-found', 'external-key-in-use'])(
  'believes a server that says %s of what it was sent',
  (code) => {
    expect(refused(400, code)).toBe(code);
  },
);

it.each([
  'store-full',
  'disk-failing',
  'sync-not-joined',
  'device-revoked',
  'picture-missing',
  'constructor',
  'new',
])('believes no server that says %s, which the appliance alone can know, or nobody', (code) => {
  expect(refused(400, code)).toBe('server-refused');
  expect(refused(413, code)).toBe('image-too-large');
});
