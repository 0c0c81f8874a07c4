import { chmod, cp, glob, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readList } from '#core/enrolment';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore, type Store } from '#core/store';
import { seeded } from '../../core/matching/testing/random-templates.ts';
import { newFaceId, newReference } from '../../core/store/testing/made-up-faces.ts';
import { runCli } from '../../main/cli/program.ts';
import { lintel, newInstallation, type Installation } from '../support/appliance.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let installation: Installation;
let root: string;
let faceIds: string[];

const using = async <T>(work: (store: Store) => Promise<T>): Promise<T> => {
  const { data, keyFile } = installation;
  const store = await openStore({ dir: data, kekProvider: fileKekProvider(keyFile) });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

beforeEach(async () => {
  installation = await newInstallation();
  root = join(installation.data, '..');
  await mkdir(installation.data, { mode: 0o700 });
  faceIds = [newFaceId(), newFaceId(), newFaceId()];
  await using(async (store) => {
    await store.createCollection(ME, 'staff');
    for (const [i, faceId] of faceIds.entries()) {
      const references = [{ ...newReference(), image: Buffer.from(`image ${i}`) }];
      await store.addFace(ME, 'staff', { faceId, references, externalKey: `key-${i}` });
    }
  });
});
afterEach(() => installation.remove());

const run = (...args: string[]) => lintel(installation, ...args);
const total = () => using(async (store) => (await store.listFaces(ME, 'staff')).total);

describe('lintel audit', () => {
  it('exports a log that anybody with the public key verifies', async () => {
    const file = join(root, 'audit.jsonl');
    const { status, answer } = await run('audit', 'export', file);
    expect({ status, lines: answer['lines'] }).toEqual({ status: 0, lines: 6 });
    const publicKey = String(answer['publicKey']);
    const verify = async (...args: string[]) =>
      await runCli(['audit', 'verify', file, '--public-key', publicKey, ...args], {
        stdout: () => undefined,
        stderr: () => undefined,
      });
    expect(await verify()).toBe(0);
    expect(await run('audit', 'export', file)).toMatchObject({
      status: 2,
      answer: { error: { code: 'file-exists' } },
    });

    expect(await run('audit', 'export', join(root, 'nowhere', 'audit.jsonl'))).toMatchObject({
      status: 2,
      answer: { error: { code: 'usage' } },
    });

    const whole = await readFile(file);
    const random = seeded(7);
    for (let i = 0; i < 1000; i++) {
      const damaged = Buffer.from(whole);
      damaged[Math.floor(random() * whole.length)]! ^= 1 << Math.floor(random() * 8);
      await writeFile(file, damaged);
      expect(await verify()).toBe(1);
    }
    const lines = whole.toString().split('\n').slice(0, -1);
    for (let i = 0; i < lines.length; i++) {
      await writeFile(file, lines.toSpliced(i, 1).join('\n') + '\n');
      expect(await verify(), `without line ${i + 1}`).toBe(1);
    }
  });

  it('finds that the log of the store was cut, by a head that was kept elsewhere', async () => {
    const kept = join(root, 'copy');
    await cp(join(installation.data, 'store'), kept, { recursive: true });
    const { answer: anchor } = await run('audit', 'anchor');
    await writeFile(join(root, 'anchor.json'), JSON.stringify(anchor));
    expect(await run('audit', 'verify', '--anchor', join(root, 'anchor.json'))).toMatchObject({ status: 0 });
    await rm(join(installation.data, 'store'), { recursive: true });
    await cp(kept, join(installation.data, 'store'), { recursive: true });
    expect(await run('audit', 'verify')).toMatchObject({ status: 0 });
    expect(await run('audit', 'verify', '--anchor', join(root, 'anchor.json'))).toMatchObject({
      status: 1,
      answer: { error: { code: 'audit-broken' } },
    });
  });

  it('shows the last entries', async () => {
    const { answer } = await run('audit', 'tail', '--lines', '2');
    expect(answer).toMatchObject({
      entries: [
        { n: 3, actor: 'device', entry: { kind: 'enrolled', faceId: faceIds[1] } },
        { n: 4, actor: 'device', entry: { kind: 'enrolled', faceId: faceIds[2] } },
      ],
    });
  });
});

describe('a file that cannot be read or written', () => {
  it.each([
    ['usage', ['backup', 'create', '/nowhere/x.bak']],
    ['file-exists', ['audit', 'export', '/etc/passwd']],
    ['usage', ['audit', 'export', '/nowhere/x']],
    ['usage', ['audit', 'verify', '/nowhere/x']],
    ['usage', ['audit', 'verify', '/etc']],
    ['usage', ['audit', 'verify', '--anchor', '/nowhere/x']],
    ['backup-corrupt', ['backup', 'verify', '/nowhere/x.bak']],
    ['backup-corrupt', ['backup', 'verify', '/etc']],
    ['receipt-invalid', ['backup', 'restore', '/nowhere/x.bak', '--receipts', '/nowhere/x']],
    ['receipt-invalid', ['receipt', 'verify', '/nowhere/x']],
  ])('is a mistake of the kind %s: %s', async (code, words) => {
    expect(await run(...words)).toMatchObject({ status: 2, answer: { error: { code } } });
  });

  it('records no backup that was not written', async () => {
    const before = await run('audit', 'anchor');
    await run('backup', 'create', '/nowhere/x.bak');
    expect(await run('audit', 'anchor')).toEqual(before);
  });

  it('says where the receipt is when it cannot be written elsewhere too', async () => {
    const { status, answer } = await run('erase', '--face', faceIds[0]!, '--out', '/nowhere/x');
    const { code, message } = answer['error'] as Record<string, string>;
    expect([status, code]).toEqual([2, 'usage']);
    const [, file] = /The receipt is (.*)\.$/.exec(message!) ?? [];
    expect(await run('receipt', 'verify', file!)).toMatchObject({ status: 0 });
  });
});

describe('a person', () => {
  it('is erased with a receipt, which is verified', async () => {
    const { status, answer } = await run('erase', '--key', 'key-1');
    expect(status).toBe(0);
    const file = String(answer['file']);
    expect(await run('receipt', 'verify', file)).toMatchObject({
      status: 0,
      answer: { by: 'command-line', faces: [{ faceId: faceIds[1] }] },
    });
    await writeFile(file, (await readFile(file, 'utf8')).replace(faceIds[1]!, faceIds[0]!));
    expect(await run('receipt', 'verify', file)).toMatchObject({ status: 2 });
    const again = await run('receipt', 'reissue', '--face', faceIds[1]!);
    expect(again.answer['receipt']).toEqual(answer['receipt']);
    expect(await run('receipt', 'verify', file)).toMatchObject({ status: 0 });
    expect(await run('erase', '--key', 'key-1')).toMatchObject({
      status: 2,
      answer: { error: { code: 'face-not-found' } },
    });
    expect(await run('erase')).toMatchObject({ status: 2, answer: { error: { code: 'usage' } } });
    expect(await total()).toBe(2);
  });

  it('can read everything that is kept about them', async () => {
    const out = join(root, 'export');
    expect(await run('export', '--collection', 'staff', '--face', faceIds[0]!, '--out', out)).toMatchObject({
      status: 0,
    });
    expect(await readdir(out)).toEqual(['image-1.jpg', 'person.json']);
    expect(await readFile(join(out, 'image-1.jpg'), 'utf8')).toBe('image 0');
    const person = JSON.parse(await readFile(join(out, 'person.json'), 'utf8')) as Record<string, unknown>;
    expect(person).toMatchObject({ faceId: faceIds[0], externalKey: 'key-0' });
    expect(await run('export', '--out', join(root, 'no'))).toMatchObject({
      status: 2,
      answer: { error: { code: 'usage' } },
    });
  });

  it('are all written out, with a list that an import takes', async () => {
    const [name, groups] = ['=Robin "R", Núñez', ['staff', 'night']];
    await using(async (store) => {
      await store.createCollection(ME, '..');
      const metadata = { name, access: { groups, validFrom: '2026-12-01', validUntil: null } };
      const references = [{ ...newReference(), image: Buffer.from('a picture') }];
      await store.addFace(ME, 'staff', { faceId: newFaceId(), references, externalKey: 'r', metadata });
      // Of whom no picture is kept, no import can make anything.
      await store.addFace(ME, 'staff', {
        faceId: newFaceId(),
        references: [newReference()],
        externalKey: 's',
      });
    });
    const out = join(root, 'all');
    const { answer } = await run('export', '--all', '--out', out);
    expect(answer).toMatchObject({ people: 5 });
    const about = JSON.parse(await readFile(join(out, 'export.json'), 'utf8')) as { collections: object[] };
    const staff = about.collections.find((each) => 'people' in each && each.people === 5)!;
    expect(about).toMatchObject({ format: 'lintel-export-1', collections: { length: 2 } });
    expect(staff).toMatchObject({ collectionId: 'staff', listed: 4, lists: ['people-1.csv'] });
    const folder = join(out, (staff as { folder: string }).folder);
    expect(await readdir(folder)).toHaveLength(5 + 1);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);

    const { rows, bad } = readList(await readFile(join(folder, 'people-1.csv'), 'utf8'));
    expect([rows.length, bad]).toEqual([4, []]);
    const row = rows.find(({ person }) => person.externalKey === 'r')!;
    expect(row.person).toMatchObject({ name, access: { groups, validFrom: '2026-12-01', validUntil: null } });
    expect(await readFile(join(folder, row.pictures[0]!), 'utf8')).toBe('a picture');
    expect(await run('export', '--all', '--out', out)).toMatchObject({
      status: 2,
      answer: { error: { code: 'file-exists' } },
    });
    expect(await run('export', '--all', '--face', faceIds[0]!, '--out', join(root, 'no'))).toMatchObject({
      answer: { error: { code: 'usage' } },
    });
  });
});

describe('a backup', () => {
  it('is created, verified and restored by command line, without the faces erased since', async () => {
    const file = join(root, 'today.backup');
    expect(await run('backup', 'create', file)).toMatchObject({ status: 0, answer: { faces: 3 } });
    expect(await run('backup', 'verify', file)).toMatchObject({ status: 0, answer: { faces: 3 } });
    await run('erase', '--face', faceIds[0]!);
    expect(await run('backup', 'restore', file)).toMatchObject({
      status: 2,
      answer: { error: { code: 'store-exists' } },
    });
    // The store is lost; the receipts beside it are at hand.
    await rm(join(installation.data, 'store'), { recursive: true });
    expect(await run('backup', 'restore', file)).toMatchObject({
      status: 0,
      answer: { faces: 2, erasedAgain: 1 },
    });
    const card = 'card_0123456789abcdef';
    expect(await run('card', 'revoke', card)).toMatchObject({ status: 0 });
    expect(await run('backup', 'restore', file, '--replace')).toMatchObject({
      status: 0,
      answer: { revokedAgain: [card], isAllRevoked: true },
    });
    expect(await run('card', 'list')).toMatchObject({ answer: { cards: [{ cardId: card }] } });
    expect(await total()).toBe(2);
    expect(await run('audit', 'verify', '--anchor', file)).toMatchObject({ status: 0 });
  });
});

it('a backup that another key sealed is named with the options for its key, and the store is left as it is', async () => {
  const file = join(root, 'former.backup');
  await run('backup', 'create', file);
  const [former, next] = [installation.keyFile, join(root, 'next')];
  await run('keys', 'wrap', '--to-key-file', next);
  installation = { ...installation, keyFile: next };
  const message = `The key does not open this backup. Name the one that it was made with: --backup-key-file or --backup-passphrase-file. (${file})`;
  for (const words of [
    ['verify', file],
    ['restore', file, '--replace'],
  ]) {
    const refused = await run('backup', ...words);
    expect(refused).toEqual({ status: 1, answer: { error: { code: 'store-key-wrong', message } } });
  }
  expect(await run('audit', 'verify')).toMatchObject({ status: 0 });
  expect(await run('backup', 'restore', file, '--replace', '--backup-key-file', former)).toMatchObject({
    status: 0,
    answer: { faces: 3 },
  });
});

describe('keys', () => {
  it('are made in a file that no other user can read, whatever is usual here, and replace none', async () => {
    const file = join(root, 'new.key');
    const usual = process.umask(0);
    try {
      expect(await run('keys', 'create', file)).toMatchObject({ status: 0 });
    } finally {
      process.umask(usual);
    }
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const key = await readFile(file, 'utf8');
    expect(key).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await run('keys', 'create', file)).toMatchObject({ answer: { error: { code: 'file-exists' } } });
    expect(await readFile(file, 'utf8')).toBe(key);
  });

  it('are made by no documented command that a shell writes to a file', async () => {
    const documents = await Array.fromAsync(
      glob('{README.md,docs/*.md,{server,main}/deploy/{*.*,Containerfile}}', { cwd: ROOT }),
    );
    expect(documents).toContain('server/deploy/lintel-server.service');
    const written = /(?:>|\btee\b)\s*\S*(?:key|passphrase)\b/;
    const offending: string[] = [];
    for (const document of documents) {
      if (written.test(await readFile(join(ROOT, document), 'utf8'))) offending.push(document);
    }
    expect(offending).toEqual([]);
  });

  it('are made by an exchange only where it says so', async () => {
    const next = join(root, 'next');
    const wrap = async (): Promise<string> => {
      let printed = '';
      const output = { stdout: (text: string) => void (printed += text), stderr: () => undefined };
      const words = ['--data', installation.data, '--key-file', installation.keyFile];
      expect(await runCli(['keys', 'wrap', '--to-key-file', next, ...words], output)).toBe(0);
      return printed;
    };
    const made = await wrap();
    expect(made).toContain(`A new key was made in ${next}. Keep a copy of it`);
    expect(made).toContain('From its next start on the appliance needs it');
    expect(made).toContain('LINTEL_KEY_FILE or --key-file');
    const message = expect.stringContaining('LINTEL_KEY_FILE');
    expect((await run('audit', 'tail')).answer).toEqual({ error: { code: 'store-key-wrong', message } });
    installation = { ...installation, keyFile: next };
    const again = await wrap();
    expect(again).not.toContain('A new key was made');
    expect(again).toContain('LINTEL_KEY_FILE or --key-file');
  });

  it('are exchanged for a passphrase and back, and no face is lost', async () => {
    const passphrase = join(root, 'passphrase');
    await writeFile(passphrase, 'correct horse battery staple\n', { mode: 0o600 });
    expect(await run('keys', 'wrap')).toMatchObject({ status: 2 });
    expect(await run('keys', 'wrap', '--to-passphrase-file', passphrase)).toMatchObject({ status: 0 });
    expect(await run('audit', 'tail')).toMatchObject({
      status: 1,
      answer: { error: { code: 'store-key-wrong' } },
    });
    const words = ['--data', installation.data, '--passphrase-file', passphrase];
    const silent = { stdout: () => undefined, stderr: () => undefined };
    expect(await runCli(['audit', 'verify', ...words], silent)).toBe(0);
    await chmod(passphrase, 0o644);
    expect(await runCli(['audit', 'verify', ...words], silent)).toBe(1);
    await chmod(passphrase, 0o600);
    const back = ['keys', 'wrap', '--to-key-file', installation.keyFile];
    expect(await runCli([...back, ...words], silent)).toBe(0);
    expect(await run('keys', 'rotate')).toMatchObject({ status: 0 });
    expect(await run('keys', 'renew-templates')).toMatchObject({ status: 0, answer: { renewed: 3 } });
    expect(await total()).toBe(3);
  });
});

describe('lintel doctor', () => {
  const failures = async (): Promise<[number, number][]> => {
    const { status, answer } = await run('doctor');
    const steps = answer['steps'] as { step: number; ok: boolean; advice: string | null }[];
    const failed = steps.filter(({ ok }) => !ok);
    expect(failed.every(({ advice }) => advice !== null)).toBe(true);
    return failed.map(({ step }) => [status, step]);
  };

  it('finds nothing wrong with a sound installation', async () => {
    expect(await failures()).toEqual([]);
    expect(await run('retention')).toMatchObject({ status: 0, answer: { images: 0, auditEntries: 0 } });
  });

  it('names each thing that is wrong, and what to do', async () => {
    await chmod(installation.data, 0o755);
    await writeFile(join(installation.data, 'settings.json'), '{');
    await mkdir(join(installation.data, 'store.0123456789abcdef'));
    expect(await failures()).toEqual([
      [1, 1],
      [1, 4],
      [1, 5],
    ]);
    await chmod(installation.keyFile, 0o644);
    expect((await failures()).at(-1)).toEqual([1, 7]);
  });

  it('reports an implausible clock, by which nothing is removed', async () => {
    expect(await run('retention')).toMatchObject({ status: 0 });
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2038-01-19T03:14:08Z') });
    try {
      expect(await run('retention')).toMatchObject({
        status: 1,
        answer: { error: { code: 'clock-implausible' } },
      });
    } finally {
      vi.useRealTimers();
    }
    const { status, answer } = await run('doctor');
    const steps = answer['steps'] as { what: string; ok: boolean; advice: string | null }[];
    expect([status, steps.filter(({ ok }) => !ok)]).toMatchObject([
      1,
      [{ what: 'The clock agrees with what is known', advice: expect.stringContaining('--trust-clock') }],
    ]);
    expect(await run('retention')).toMatchObject({ status: 0 });
    expect(await failures()).toEqual([]);
  });

  it('finds a page that is damaged', async () => {
    const file = join(installation.data, 'store', 'store.db');
    const bytes = await readFile(file);
    bytes[bytes.length - 3000]! ^= 1;
    await writeFile(file, bytes);
    expect((await failures()).length).toBeGreaterThan(0);
  });
});
