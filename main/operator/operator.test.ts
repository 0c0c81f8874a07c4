import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fileKeyProvider, openStore, type Store } from '#core/store';
import { createOperator, type Operator } from './index.ts';

const PIN = '271828';
const WRONG = '000000';
/** The real cost would be most of a minute. */
const CHEAP = { N: 1024, r: 8, p: 1 };

let dir: string;
let store: Store;
let time: number;
let operator: Operator;

const start = async (): Promise<void> => {
  store = await openStore({ dir, keyProvider: fileKeyProvider(join(dir, 'key')) });
  operator = createOperator(store, { now: () => time, cost: CHEAP });
};
const restart = async (): Promise<void> => {
  await store.close();
  await start();
};
const failTimes = async (times: number): Promise<void> => {
  for (let i = 0; i < times; i++) {
    await expect(operator.verify(WRONG)).rejects.toMatchObject({ code: 'pin-wrong' });
  }
};

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'lintel-operator-'));
  time = 1_700_000_000_000;
  await start();
});
afterEach(async () => {
  await store.close();
  await rm(dir, { recursive: true });
});

describe('the PIN', () => {
  it('is chosen once by anybody, then only with the current one', async () => {
    expect(await operator.pinIsSet()).toBe(false);
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-wrong' });
    await operator.setPin(PIN);
    expect(await operator.pinIsSet()).toBe(true);
    await operator.verify(PIN);

    await expect(operator.setPin('314159')).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(operator.setPin('314159', WRONG)).rejects.toMatchObject({ code: 'pin-wrong' });
    await operator.verify(PIN);
    await operator.setPin('314159', PIN);
    await operator.verify('314159');
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-wrong' });
  });

  it('is set by one of two who choose at the same moment', async () => {
    const results = await Promise.allSettled([operator.setPin('111111'), operator.setPin('222222')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await operator.verify('111111');
  });

  it.each(['', '12345', '1234567890123', '12345a', '１２３４５６', ' 123456', '123456\n'])(
    'is not %j',
    async (pin) => {
      await expect(operator.setPin(pin)).rejects.toMatchObject({ code: 'pin-invalid' });
      expect(await operator.pinIsSet()).toBe(false);
    },
  );

  it('is kept as a hash of the cost that OWASP asks for', async () => {
    await createOperator(store).setPin(PIN);
    const row = Buffer.from((await store.getSecret('operator.pin')) ?? []).toString();
    expect(JSON.parse(row)).toMatchObject({ N: 131_072, r: 8, p: 1 });
    expect(row).not.toContain(PIN);
    // A hash keeps the cost it was made at.
    await operator.verify(PIN);
  });

  it('stays after a restart', async () => {
    await operator.setPin(PIN);
    await restart();
    expect(await operator.pinIsSet()).toBe(true);
    await operator.verify(PIN);
  });
});

describe('wrong PINs', () => {
  beforeEach(async () => await operator.setPin(PIN));

  it('lock after five in a row, also for the right PIN, until the time is over', async () => {
    await failTimes(5);
    await expect(operator.verify(PIN)).rejects.toMatchObject({
      code: 'pin-locked',
      message: expect.stringContaining('30 s'),
    });
    time += 29_999;
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-locked' });
    time += 1;
    await operator.verify(PIN);
  });

  it('count from zero again after the right one', async () => {
    await failTimes(4);
    await operator.verify(PIN);
    await failTimes(4);
    await expect(operator.verify(PIN)).resolves.toBeUndefined();
  });

  it('lock for longer each time', async () => {
    await failTimes(5);
    time += 30_000;
    await failTimes(1);
    time += 30_000;
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-locked' });
    time += 30_000;
    await operator.verify(PIN);
  });

  it('are still counted after a restart', async () => {
    await failTimes(4);
    await restart();
    await failTimes(1);
    await restart();
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-locked' });
  });

  it('are each counted when guessed at once', async () => {
    const guesses = Array.from({ length: 8 }, () =>
      operator.verify(WRONG).catch((e: { code: string }) => e.code),
    );
    const codes = await Promise.all(guesses);
    expect(codes.filter((code) => code === 'pin-wrong')).toHaveLength(5);
    expect(codes.filter((code) => code === 'pin-locked')).toHaveLength(3);
  });

  it('count also where a PIN is changed', async () => {
    for (let i = 0; i < 5; i++) {
      await expect(operator.setPin('314159', WRONG)).rejects.toMatchObject({ code: 'pin-wrong' });
    }
    await expect(operator.setPin('314159', PIN)).rejects.toMatchObject({ code: 'pin-locked' });
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-locked' });
  });
});
