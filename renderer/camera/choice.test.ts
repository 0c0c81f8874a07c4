import { describe, expect, it } from 'vitest';
import { chooseDevice, statusOfError } from './choice.ts';

const cameras = [
  { label: 'Built-in', deviceId: 'a' },
  { label: 'Door', deviceId: 'b' },
];

describe('chooseDevice', () => {
  it('takes the camera with the label', () => {
    expect(chooseDevice(cameras, 'Door')?.deviceId).toBe('b');
  });
  it('takes the first when there is no such label or none is asked for', () => {
    expect(chooseDevice(cameras, 'Gate')?.deviceId).toBe('a');
    expect(chooseDevice(cameras, null)?.deviceId).toBe('a');
    expect(chooseDevice([], 'Door')).toBeUndefined();
  });
});

describe('statusOfError', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['SecurityError', 'denied'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'lost'],
    ['OverconstrainedError', 'lost'],
  ] as const)('takes %s for %s', (name, status) => {
    expect(statusOfError(new DOMException('', name))).toBe(status);
  });
});
