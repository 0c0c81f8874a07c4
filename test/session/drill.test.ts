import { spawn } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { DrillReport } from '#contract';
import { seeded } from '#core/matching';
import { holdDrill } from '../../main/cli/drill-commands.ts';
import { ATTACK_KINDS } from '../attacks/index.ts';
import { lintel } from '../support/appliance.ts';
import { readAuditLog } from '../support/audit-log.ts';
import { kimAtKiosk, performed } from '../support/kiosk-client.ts';

const ENTRY = fileURLToPath(new URL('../../main/cli/lintel.ts', import.meta.url));

let its: Awaited<ReturnType<typeof kimAtKiosk>>;
beforeAll(async () => {
  its = await kimAtKiosk();
});
afterAll(() => its.kiosk.close());

/** The command that guides, in a process of its own beside the appliance. */
function drill(...words: string[]) {
  const { dataDir, keyFile } = its.kiosk;
  const place = ['--data', dataDir, '--key-file', keyFile];
  const child = spawn(process.execPath, [ENTRY, 'attack-drill', 'run', ...words, ...place]);
  let said = '';
  let tell = (): void => undefined;
  const hear = (chunk: Buffer | string): void => {
    said += chunk.toString();
    tell();
  };
  child.stdout.resume();
  child.stderr.on('data', hear);
  const status = new Promise<number | null>((resolve) => child.once('close', resolve));
  void status.then(() => hear(''));
  return {
    status,
    type: (line: string) => void child.stdin.write(`${line}\n`),
    /** Waits until it says so, after everything that it said before. */
    async saying(words: string): Promise<void> {
      while (!said.includes(words)) {
        if (child.exitCode !== null) throw new Error(`It ended:\n${said}`);
        await new Promise<void>((resolve) => (tell = resolve));
      }
      said = said.slice(said.indexOf(words) + words.length);
    },
  };
}

const at = () => ({ ...its.kiosk, data: its.kiosk.dataDir, remove: () => Promise.resolve() });

const TOLD = { outcome: 'undecided', reasons: ['drill'], hints: [], person: null };

it('judges what is presented, lets nobody in, and writes a report that the device has signed', async () => {
  const { kim, photo, kiosk } = its;
  const faceId = await kiosk.enrol(photo, 'Kim');
  const out = join(kiosk.dataDir, 'report.json');
  const run = drill('--kinds', 'bona-fide,print', '--count', '1', '--out', out);

  await run.saying('Return when you are ready');
  // Between presentations nothing is counted, and nobody let in either.
  expect(await kiosk.visit(kim)).toEqual(TOLD);
  run.type('');
  await run.saying('Now.');
  const ticket = await kiosk.ask('visit.begin', {});
  const { frames, milliseconds } = await performed(kim, ticket.challenge, 77);
  expect(await kiosk.send(ticket.visitId, frames, milliseconds)).toEqual(TOLD);
  await run.saying('granted, taken for live: match');
  const other = await lintel(at(), 'attack-drill', 'run', '--out', join(kiosk.dataDir, 'other.json'));
  expect(other).toMatchObject({ status: 2, answer: { error: { code: 'drill-under-way' } } });
  expect(await readdir(kiosk.dataDir)).not.toContain('other.json');

  run.type('');
  run.type('');
  await run.saying('Now.');
  const held = await kiosk.ask('visit.begin', {});
  const subject = { person: 'Kim', head: kim, attacker: kim };
  const recorded = { challenge: ticket.challenge, frames, earlier: [], sessionMs: milliseconds };
  const print = await ATTACK_KINDS['print-moved'].present(
    { subject, steps: held.challenge, recorded },
    seeded(5),
  );
  expect(await kiosk.send(held.visitId, print.frames, print.sessionMs)).toEqual(TOLD);
  await run.saying('denied: step-missing');
  run.type('d');
  run.type('');
  await run.saying('Now.');
  const { visitId } = await kiosk.ask('visit.begin', {});
  await kiosk.ask('visit.cancel', { visitId });
  await run.saying('unanswered: no decision');
  run.type('');
  expect(await run.status).toBe(0);

  const report = DrillReport.parse(JSON.parse(await readFile(out, 'utf8')));
  expect(report).toMatchObject({ by: 'command-line', levels: ['steps'] });
  expect(report.judgedWith.map(({ version }) => version)).toEqual(['1.2.3', '1.2.3']);
  const all = { discarded: 0, unanswered: 0 };
  expect(report.tallies).toMatchObject([
    { ...all, kind: 'bona-fide', presentations: 1, accepted: 1, granted: 1, bpcer: { rate: 0 }, iapar: null },
    { kind: 'print', presentations: 1, discarded: 1, unanswered: 1, accepted: 0, granted: 0 },
  ]);
  // Of one presentation: 1 - 0.025.
  expect(report.tallies[1]!.iapar).toEqual({ rate: 0, low: 0, high: expect.closeTo(0.975, 6) as number });
  const { publicKey, entries } = await readAuditLog(kiosk.dataDir, kiosk.keyFile);
  const check = await lintel(at(), 'attack-drill', 'verify', out, '--public-key', publicKey);
  expect(check).toMatchObject({ status: 0, answer: { tallies: report.tallies } });
  const forged = join(kiosk.dataDir, 'forged.json');
  await writeFile(forged, JSON.stringify({ ...report, tallies: report.tallies.slice(0, 1) }));
  expect(await lintel(at(), 'attack-drill', 'verify', forged)).toMatchObject({
    status: 2,
    answer: { error: { code: 'drill-report-invalid' } },
  });

  // It left a trail, and nothing that a visit leaves: the very frames let their person in now.
  const kinds = entries.map(([, { kind }]) => kind).filter((kind) => /^drill-|^decision$/.test(kind));
  expect(kinds).toEqual(['drill-began', ...Array<string>(4).fill('drill-visit'), 'drill-ended']);
  expect(kiosk.records).toEqual([]);
  const again = await kiosk.beginWith(ticket.challenge);
  expect(await kiosk.send(again.visitId, frames, milliseconds)).toMatchObject({
    outcome: 'granted',
    person: { faceId },
  });
});

it('ends without a report where the input ends before anything was presented', async () => {
  const { dataDir, keyFile } = its.kiosk;
  const out = join(dataDir, 'ended.json');
  const hold = (): Promise<unknown> =>
    holdDrill(
      { data: dataDir, keyFile, kinds: 'phone', count: 2, out },
      { input: Readable.from([]), say: () => undefined },
    );
  await expect(hold()).rejects.toMatchObject({ code: 'drill-empty' });
  expect(await readdir(dataDir)).not.toContain('ended.json');
  const { entries } = await readAuditLog(dataDir, keyFile);
  expect(entries.at(-1)).toMatchObject(['command-line', { kind: 'drill-ended', presentations: 0 }]);
  await writeFile(out, '');
  await expect(hold()).rejects.toMatchObject({ code: 'file-exists' });
});
