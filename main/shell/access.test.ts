import { describe, expect, it } from 'vitest';
import { createAccess } from './access.ts';

function setUp() {
  let time = 0;
  const access = createAccess(() => time);
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
});
