import { describe, expect, it } from 'vitest';
import { createAccess } from './access.ts';

function setUp() {
  let time = 0;
  const access = createAccess(null, () => time);
  return { access, wait: (ms: number) => (time += ms) };
}

describe('access', () => {
  it('takes a token for a session once', () => {
    const { access } = setUp();
    const token = access.issueToken();
    const secret = access.redeem(token);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(access.admits(secret ?? '')).toBe(true);
    expect(access.redeem(token)).toBeNull();
    expect(access.admits(secret ?? '')).toBe(true);
  });

  it('takes no other token, and none before one was issued', () => {
    const { access } = setUp();
    expect(access.redeem('')).toBeNull();
    const token = access.issueToken();
    expect(access.redeem('')).toBeNull();
    expect(access.redeem(`${token}x`)).toBeNull();
    expect(access.redeem(token)).not.toBeNull();
  });

  it('forgets a token after ten minutes', () => {
    const { access, wait } = setUp();
    const token = access.issueToken();
    wait(600_001);
    expect(access.redeem(token)).toBeNull();
  });

  it('voids the token before', () => {
    const { access } = setUp();
    const first = access.issueToken();
    const second = access.issueToken();
    expect(access.redeem(first)).toBeNull();
    expect(access.redeem(second)).not.toBeNull();
  });

  it('ends the session before', () => {
    const { access } = setUp();
    const first = access.redeem(access.issueToken());
    const second = access.redeem(access.issueToken());
    expect(access.admits(first ?? '')).toBe(false);
    expect(access.admits(second ?? '')).toBe(true);
  });

  it('admits no request without a session', () => {
    const { access } = setUp();
    expect(access.admits(undefined)).toBe(false);
    expect(access.admits('')).toBe(false);
    expect(access.admits(access.issueToken())).toBe(false);
  });

  describe('after a crash', () => {
    function kept() {
      let digest: Buffer | null = null;
      return {
        read: () => digest,
        write: (next: Buffer) => void (digest = next),
        forget: () => void (digest = null),
      };
    }

    it('admits the page of before until another one comes', () => {
      const file = kept();
      const before = createAccess(file);
      const page = before.redeem(before.issueToken())!;
      const access = createAccess(file);
      expect([access.isResumed, access.admits(page), access.admits(`${page}x`)]).toEqual([true, true, false]);
      const other = access.redeem(access.issueToken())!;
      expect([access.isResumed, access.admits(page), access.admits(other)]).toEqual([false, false, true]);
    });

    it('admits none where the launch before ended in order', () => {
      const file = kept();
      const before = createAccess(file);
      const page = before.redeem(before.issueToken())!;
      before.end();
      const access = createAccess(file);
      expect([access.isResumed, access.admits(page)]).toEqual([false, false]);
    });
  });
});
