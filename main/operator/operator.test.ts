import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AuditRecord } from '#contract';
import { fileKekProvider, openStore, type Store } from '#core/store';
import { createOperator, type Operator } from './index.ts';
import { hashPin } from './pin-hash.ts';

const PIN = '271828';
const OTHER = '482951';
const THIRD = '739104';
const WRONG = '000000';
/** The real cost would be most of a minute. */
const CHEAP = { N: 1024, r: 8, p: 1 };

let dir: string;
let store: Store;
let time: number;
let operator: Operator;

const newOperator = (rows: Store): Operator => createOperator(rows, { now: () => time, cost: CHEAP });
const start = async (): Promise<void> => {
  store = await openStore({ dir, kekProvider: fileKekProvider(join(dir, 'key')) });
  operator = newOperator(store);
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

/** Digits that are not these. */
const otherThan = (code: string): string => Array.from(code, (digit) => 9 - Number(digit)).join('');

describe('the first PIN', () => {
  it('is chosen with the set-up code, which is used up by that', async () => {
    const setupCode = (await operator.issueSetupCode())!;
    expect(setupCode).toMatch(/^[0-9]{10}$/);
    expect(await operator.pinIsSet()).toBe(false);
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-not-set' });
    await operator.setPin(PIN, { setupCode });
    expect(await operator.pinIsSet()).toBe(true);
    await operator.verify(PIN);

    await expect(operator.setPin(OTHER, { setupCode })).rejects.toMatchObject({ code: 'pin-wrong' });
    await operator.resetPin();
    await expect(operator.setPin(OTHER, { setupCode })).rejects.toMatchObject({ code: 'setup-code-wrong' });
  });

  it.each([
    ['no code', (): object => ({})],
    ['an empty one', (): object => ({ setupCode: '' })],
    ['a wrong one', (code: string): object => ({ setupCode: otherThan(code) })],
    ['half of it', (code: string): object => ({ setupCode: code.slice(0, 5) })],
    ['it as a PIN', (code: string): object => ({ currentPin: code })],
  ])('is not chosen with %s', async (_what, permit) => {
    const code = (await operator.issueSetupCode())!;
    await expect(operator.setPin(PIN, permit(code))).rejects.toMatchObject({ code: 'setup-code-wrong' });
    expect(await operator.pinIsSet()).toBe(false);
  });

  it('is not chosen before a code was issued', async () => {
    await expect(operator.setPin(PIN, {})).rejects.toMatchObject({ code: 'setup-code-wrong' });
    await expect(operator.setPin(PIN, { setupCode: '' })).rejects.toMatchObject({ code: 'setup-code-wrong' });
  });

  it('takes the newest code, with or without the space that it is printed with', async () => {
    const former = (await operator.issueSetupCode())!;
    await restart();
    const code = (await operator.issueSetupCode())!;
    await expect(operator.setPin(PIN, { setupCode: former })).rejects.toMatchObject({
      code: 'setup-code-wrong',
    });
    await operator.setPin(PIN, { setupCode: `${code.slice(0, 5)} ${code.slice(5)}` });
    expect(await operator.issueSetupCode()).toBeNull();
  });

  it('is not guessed: five wrong codes lock, together with wrong PINs, whatever comes at once', async () => {
    const setupCode = (await operator.issueSetupCode())!;
    const wrong = { setupCode: otherThan(setupCode) };
    const guesses = Array.from({ length: 8 }, () =>
      operator.setPin(PIN, wrong).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      ),
    );
    expect((await Promise.all(guesses)).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
      ...Array.from({ length: 3 }, () => 'pin-locked'),
      ...Array.from({ length: 5 }, () => 'setup-code-wrong'),
    ]);
    await expect(operator.setPin(PIN, { setupCode })).rejects.toMatchObject({ code: 'pin-locked' });
    await restart();
    await expect(operator.setPin(PIN, { setupCode })).rejects.toMatchObject({ code: 'pin-locked' });
    time += 30_000;
    await operator.setPin(PIN, { setupCode });
    await operator.verify(PIN);
  });

  it('is set by one of two who choose at the same moment, in one process or two', async () => {
    const setupCode = (await operator.issueSetupCode())!;
    const results = await Promise.allSettled([
      operator.setPin(PIN, { setupCode }),
      newOperator(store).setPin(OTHER, { setupCode }),
      operator.setPin(THIRD, { setupCode }),
    ]);
    const chosen = [PIN, OTHER, THIRD].filter((_, i) => results[i]!.status === 'fulfilled');
    expect(chosen).toHaveLength(1);
    await operator.verify(chosen[0]!);
  });

  it('code is kept as a keyed hash', async () => {
    const code = (await operator.issueSetupCode())!;
    const row = Buffer.from((await store.getSecret('operator.setup-code')) ?? []).toString();
    expect(Object.keys(JSON.parse(row) as object)).toEqual(['salt', 'hash']);
    expect(row).not.toContain(code);
    await operator.setPin(PIN, { setupCode: code });
    expect(await store.getSecret('operator.setup-code')).toBeNull();
  });
});

describe('from the console the PIN', () => {
  it('is set whatever it was, also during a lock', async () => {
    const setupCode = (await operator.issueSetupCode())!;
    await operator.overwritePin(PIN);
    await failTimes(5);
    await newOperator(store).overwritePin(OTHER);
    expect(await store.getSecret('operator.setup-code')).toBeNull();
    await operator.verify(OTHER);
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(operator.setPin(PIN, { setupCode })).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(operator.overwritePin('123456')).rejects.toMatchObject({ code: 'pin-trivial' });
    await operator.verify(OTHER);
  });

  it('is forgotten, and the next one takes the code printed then', async () => {
    await operator.overwritePin(PIN);
    await failTimes(5);
    const setupCode = await newOperator(store).resetPin();
    expect(await operator.pinIsSet()).toBe(false);
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-not-set' });
    await operator.setPin(OTHER, { setupCode });
    await operator.verify(OTHER);
  });
});

describe('a PIN that the console sets while the screen sets one', () => {
  /** Another process, at the moment when the screen's is about to write this row. */
  const meanwhile = (row: string): Operator =>
    createOperator(
      {
        getSecret: (name) => store.getSecret(name),
        setSecret: (name, value) => store.setSecret(name, value),
        changeSecret: async (name, change) => {
          if (name === row) await newOperator(store).overwritePin(PIN);
          return await store.changeSecret(name, change);
        },
      },
      { now: () => time, cost: CHEAP },
    );

  it.each(['operator.setup-code', 'operators'])('stays, where it is the first: %s', async (row) => {
    const setupCode = (await operator.issueSetupCode())!;
    await expect(meanwhile(row).setPin(OTHER, { setupCode })).rejects.toMatchObject({
      code: 'setup-code-wrong',
    });
    await operator.verify(PIN);
  });

  it('stays, where the screen changes it', async () => {
    await operator.overwritePin(THIRD);
    await expect(meanwhile('operators').setPin(OTHER, { currentPin: THIRD })).rejects.toMatchObject({
      code: 'pin-wrong',
    });
    await operator.verify(PIN);
  });
});

describe('the PIN', () => {
  it('is changed only with the current one', async () => {
    await operator.overwritePin(PIN);
    for (const permit of [{}, { currentPin: WRONG }, { setupCode: PIN }]) {
      await expect(operator.setPin(OTHER, permit)).rejects.toMatchObject({ code: 'pin-wrong' });
    }
    await operator.verify(PIN);
    await operator.setPin(OTHER, { currentPin: PIN });
    await operator.verify(OTHER);
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-wrong' });
  });

  it.each([
    ['12345', 'pin-invalid'],
    ['271828\n', 'pin-invalid'],
    ['123456', 'pin-trivial'],
    ['311299', 'pin-trivial'],
  ])('is not %j, at the screen and at the console: %s', async (pin, code) => {
    const setupCode = (await operator.issueSetupCode())!;
    await expect(operator.setPin(pin, { setupCode })).rejects.toMatchObject({ code });
    await expect(operator.overwritePin(pin)).rejects.toMatchObject({ code });
    expect(await operator.pinIsSet()).toBe(false);
    // The code is as good as before.
    await operator.setPin(PIN, { setupCode });
    await expect(operator.setPin(pin, { currentPin: PIN })).rejects.toMatchObject({ code });
    await operator.verify(PIN);
  });

  it('that was set when any was taken still works', async () => {
    await store.setSecret('operator.pin', Buffer.from(JSON.stringify(await hashPin('123456', CHEAP))));
    await operator.verify('123456');
    await operator.setPin(PIN, { currentPin: '123456' });
    await expect(operator.verify('123456')).rejects.toMatchObject({ code: 'pin-wrong' });
  });

  it('is kept as a hash of the cost that OWASP asks for', async () => {
    await createOperator(store).overwritePin(PIN);
    const row = Buffer.from((await store.getSecret('operators')) ?? []).toString();
    expect(JSON.parse(row)).toMatchObject([{ pin: { N: 131_072, r: 8, p: 1 } }]);
    expect(row).not.toContain(PIN);
    // A hash keeps the cost it was made at.
    await operator.verify(PIN);
  });

  it('stays after a restart', async () => {
    await operator.overwritePin(PIN);
    await restart();
    expect(await operator.pinIsSet()).toBe(true);
    await operator.verify(PIN);
  });
});

describe('wrong PINs', () => {
  beforeEach(async () => await operator.overwritePin(PIN));

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
    expect(await operator.verify(PIN)).toMatchObject({ role: 'administrator' });
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
      await expect(operator.setPin(OTHER, { currentPin: WRONG })).rejects.toMatchObject({
        code: 'pin-wrong',
      });
    }
    await expect(operator.setPin(OTHER, { currentPin: PIN })).rejects.toMatchObject({ code: 'pin-locked' });
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'pin-locked' });
  });
});

describe('several operators', () => {
  const administrator = 'administrator';
  beforeEach(async () => await operator.overwritePin(PIN));
  const kinds = async () =>
    (await Array.fromAsync(store.audit.lines())).map(
      (line) => AuditRecord.parse(JSON.parse(line)).entry.kind,
    );

  it('sign in each by a PIN of their own', async () => {
    const { operatorId } = await operator.add('Zoë Ångström', 'reception', OTHER);
    expect(operatorId).toMatch(/^zoe-angstrom-[0-9a-f]{8}$/);
    expect((await operator.add('روبن', 'auditor', THIRD)).operatorId).toMatch(/^operator-[0-9a-f]{8}$/);
    expect(await operator.verify(OTHER, operatorId)).toEqual({
      operatorId,
      name: 'Zoë Ångström',
      role: 'reception',
    });
    await expect(operator.verify(PIN, operatorId)).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(operator.verify(OTHER, administrator)).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(operator.verify(OTHER, 'nobody')).rejects.toMatchObject({ code: 'pin-wrong' });
    await expect(operator.verify(PIN)).rejects.toMatchObject({ code: 'operator-required' });
    expect(await kinds()).toEqual(['operator-added', 'operator-added']);
  });

  it('change their own PIN by it, and nobody else’s', async () => {
    const { operatorId } = await operator.add('Robin', 'reception', OTHER);
    await operator.setPin(THIRD, { operatorId, currentPin: OTHER });
    await operator.verify(THIRD, operatorId);
    await operator.verify(PIN, administrator);
    await expect(operator.setPin(OTHER, { currentPin: PIN })).rejects.toMatchObject({
      code: 'operator-required',
    });
    await operator.replacePin(operatorId, OTHER);
    await operator.verify(OTHER, operatorId);
    await expect(operator.replacePin('nobody', OTHER)).rejects.toMatchObject({ code: 'operator-not-found' });
    await expect(operator.replacePin(operatorId, '123456')).rejects.toMatchObject({ code: 'pin-trivial' });
  });

  it('have names that differ', async () => {
    await operator.add('Robin', 'reception', OTHER);
    await expect(operator.add('ROBIN', 'auditor', THIRD)).rejects.toMatchObject({ code: 'operator-exists' });
    await expect(operator.add('Kim', 'auditor', '123456')).rejects.toMatchObject({ code: 'pin-trivial' });
    expect(await operator.list()).toHaveLength(2);
  });

  it('never lose the last administrator who can sign in', async () => {
    const last = { code: 'last-administrator' };
    const { operatorId } = await operator.add('Robin', 'reception', OTHER);
    await expect(operator.remove(administrator)).rejects.toMatchObject(last);
    await expect(operator.setRole(administrator, 'auditor')).rejects.toMatchObject(last);
    await operator.setRole(operatorId, 'administrator');
    await operator.remove(administrator);
    expect(await operator.find(administrator)).toBeNull();
    await expect(operator.setRole(operatorId, 'reception')).rejects.toMatchObject(last);
    await expect(operator.remove('nobody')).rejects.toMatchObject({ code: 'operator-not-found' });
    await operator.resetPin();
    await expect(operator.add('Kim', 'reception', THIRD)).rejects.toMatchObject(last);
  });

  it('guess no PIN of another for longer by signing in themselves in between', async () => {
    const { operatorId } = await operator.add('Robin', 'reception', OTHER);
    const codes: string[] = [];
    for (let i = 0; i < 6; i++) {
      await operator.verify(WRONG, administrator).catch((error: { code: string }) => codes.push(error.code));
      await operator.verify(OTHER, operatorId);
    }
    expect(codes).toEqual([...Array.from({ length: 5 }, () => 'pin-wrong'), 'pin-locked']);
    await restart();
    await expect(operator.verify(PIN, administrator)).rejects.toMatchObject({ code: 'pin-locked' });
  });

  it('begin with the one of before, whose PIN is forgotten where it stood', async () => {
    const row = Buffer.from(JSON.stringify(await hashPin(THIRD, CHEAP)));
    await store.setSecret('operators', null);
    await store.setSecret('operator.pin', row);
    expect(await operator.list()).toEqual([
      { operatorId: administrator, name: 'Administrator', role: 'administrator' },
    ]);
    const { operatorId } = await operator.add('Robin', 'reception', OTHER);
    await operator.verify(THIRD, administrator);
    await operator.verify(OTHER, operatorId);
    expect(await store.getSecret('operator.pin')).toBeNull();
  });
});
