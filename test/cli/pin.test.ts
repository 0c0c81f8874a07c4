import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../main/cli/program.ts';
import { appliancePerTest, PIN } from '../support/appliance-per-test.ts';
import { readAuditLog } from '../support/audit-log.ts';

const ENTRY = fileURLToPath(new URL('../../main/cli/lintel.ts', import.meta.url));
const OTHER = '482951';

describe('beside a running appliance', () => {
  const at = appliancePerTest();
  const { ask } = at;
  const keyFile = (): string => join(at.root, 'key');
  const place = (): string[] => ['--data', at.dataDir, '--key-file', keyFile()];

  async function lintel(
    words: string[],
    typed = '',
  ): Promise<{ status: number; printed: string; asked: string }> {
    let [printed, asked] = ['', ''];
    const output = { stdout: (text: string) => void (printed += text), stderr: () => undefined };
    const status = await runCli([...words, ...place()], output, async (question) => {
      asked += question;
      return typed;
    });
    return { status, printed, asked };
  }
  const lockOut = async (): Promise<void> => {
    for (let i = 0; i < 5; i++) {
      await expect(ask('operator.login', { pin: '000000' })).rejects.toMatchObject({ code: 'pin-wrong' });
    }
    await expect(ask('operator.login', { pin: PIN })).rejects.toMatchObject({ code: 'pin-locked' });
  };

  it('lintel pin reset forgets the PIN and prints the code for the next one, also during a lock', async () => {
    await lockOut();
    const { status, printed } = await lintel(['pin', 'reset']);
    const [, code] = /^Set-up code, shown only now: ([0-9]{5} [0-9]{5})$/m.exec(printed)!;
    expect(status).toBe(0);
    expect(await ask('appliance.status', {})).toMatchObject({ pinIsSet: false });
    await expect(ask('operator.login', { pin: PIN })).rejects.toMatchObject({ code: 'pin-not-set' });
    await expect(ask('operator.set-pin', { pin: PIN, currentPin: PIN })).rejects.toMatchObject({
      code: 'setup-code-wrong',
    });
    await ask('operator.set-pin', { pin: OTHER, setupCode: code! });
    await ask('operator.login', { pin: OTHER });
    const { entries } = await readAuditLog(at.dataDir, keyFile());
    expect(entries).toContainEqual(['command-line', { kind: 'pin-reset' }]);
    expect(JSON.stringify(entries)).not.toMatch(new RegExp(`${code}|${code!.replace(' ', '')}|${OTHER}`));
  });

  it('lintel pin set sets the PIN and ends any set-up code', async () => {
    const { printed } = await lintel(['pin', 'reset', '--json']);
    const { setupCode } = JSON.parse(printed) as { setupCode: string };
    expect(await lintel(['pin', 'set'], '123456')).toMatchObject({ status: 2 });
    expect(await ask('appliance.status', {})).toMatchObject({ pinIsSet: false });
    expect(await lintel(['pin', 'set'], PIN)).toMatchObject({ status: 0 });
    await expect(ask('operator.set-pin', { pin: OTHER, setupCode })).rejects.toMatchObject({
      code: 'pin-wrong',
    });
    await ask('operator.login', { pin: PIN });
    const { entries } = await readAuditLog(at.dataDir, keyFile());
    const set = { kind: 'key-changed', what: 'operator-pin', stage: 'done' };
    expect(entries.filter(([, { kind }]) => kind === set.kind)).toEqual([['command-line', set]]);
  });

  it('lintel operator says whose PIN it asks for', async () => {
    const { asked } = await lintel(['operator', 'add', 'Sam', '--role', 'reception'], OTHER);
    expect(asked).toBe('New PIN by which Sam will sign in, 6 to 12 digits');
    expect((await lintel(['operator', 'pin', 'Sam'], '739104')).asked).toBe(asked);
  });

  it('lintel operator adds operators, changes and removes them, and keeps the last administrator', async () => {
    const run = async (words: string[], typed = '') => {
      const { status, printed } = await lintel([...words, '--json'], typed);
      return { status, answer: JSON.parse(printed) as Record<string, unknown> };
    };
    const { answer } = await run(['operator', 'add', 'Sam', '--role', 'reception'], OTHER);
    const operatorId = String(answer['operatorId']);
    expect(await ask('operator.login', { pin: OTHER, operatorId })).toMatchObject({
      operator: { name: 'Sam', role: 'reception' },
    });
    expect(await run(['operator', 'add', 'sam', '--role', 'auditor'], '739104')).toMatchObject({
      status: 2,
      answer: { error: { code: 'operator-exists' } },
    });
    expect(await run(['operator', 'add', 'Kim', '--role', 'chief'], '739104')).toMatchObject({ status: 2 });
    expect(await run(['operator', 'add', '\n', '--role', 'auditor'], '739104')).toMatchObject({
      answer: { error: { code: 'operator-name-invalid' } },
    });
    expect(await run(['operator', 'pin', 'Sam'], '739104')).toMatchObject({ status: 0 });
    await ask('operator.login', { pin: '739104', operatorId });
    expect(await run(['operator', 'role', 'Sam', 'auditor'])).toMatchObject({ status: 0 });
    expect((await run(['operator', 'list'])).answer).toEqual({
      operators: [
        { operatorId: 'administrator', name: 'Administrator', role: 'administrator' },
        { operatorId, name: 'Sam', role: 'auditor' },
      ],
    });
    expect((await run(['operator', 'remove', 'administrator'])).answer).toMatchObject({
      error: { code: 'last-administrator' },
    });
    expect(await run(['operator', 'remove', 'Sam'])).toMatchObject({ status: 0 });
    expect((await run(['operator', 'remove', 'Sam'])).answer).toMatchObject({
      error: { code: 'operator-not-found' },
    });
    const { entries } = await readAuditLog(at.dataDir, keyFile());
    expect(entries.filter(([, { kind }]) => kind.startsWith('operator-'))).toEqual([
      ['command-line', { kind: 'operator-added', operatorId, name: 'Sam', role: 'reception' }],
      ['command-line', { kind: 'operator-pin-set', operatorId }],
      ['command-line', { kind: 'operator-role-set', operatorId, role: 'auditor' }],
      ['command-line', { kind: 'operator-removed', operatorId }],
    ]);
  });

  it.runIf(process.platform === 'linux')('lintel pin set shows nothing of what is typed', async () => {
    const command = [process.execPath, ENTRY, 'pin', 'set', ...place()].map((word) => `'${word}'`).join(' ');
    const terminal = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'] });
    let shown = '';
    for await (const chunk of terminal.stdout) {
      const before = shown.split(': ').length;
      shown += String(chunk);
      if (shown.split(': ').length > before) terminal.stdin.write(`${OTHER}\r`);
    }
    expect(shown).toBe(
      'New PIN of the first administrator, 6 to 12 digits: \r\nOnce more: \r\nThe PIN is set.\r\n',
    );
    await ask('operator.login', { pin: OTHER });
  });
});
