import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { AuditEntry, AuditHead } from '#contract';
import { seeded } from '../matching/seeded.ts';
import {
  EMPTY_LOG,
  generateDeviceKey,
  headOf,
  link,
  linkCheckpoint,
  openDeviceKey,
  openSigned,
  signReceipt,
  verifyLog,
  verifyReceipt,
} from './index.ts';

const key = openDeviceKey(generateDeviceKey());
const { publicKey } = key;
const face = (i: number): string => `face_${i.toString(16).padStart(32, '0')}`;
const NOW = new Date('2026-01-02T03:04:05.678Z');

/** Some entries, a checkpoint after every `every` of them and one at the end. */
function written(entries: readonly AuditEntry[], every = 8): string[] {
  let head: AuditHead = EMPTY_LOG;
  const lines: string[] = [];
  const append = (next: { line: string; head: AuditHead }): void => {
    lines.push(next.line);
    head = next.head;
  };
  for (const [i, entry] of entries.entries()) {
    append(link(head, NOW, 'operator', entry));
    if ((i + 1) % every === 0) append(linkCheckpoint(head, NOW, key));
  }
  if (!lines.at(-1)?.includes('checkpoint')) append(linkCheckpoint(head, NOW, key));
  return lines;
}

const enrolments = (count: number): AuditEntry[] =>
  Array.from({ length: count }, (_, i) => ({
    kind: 'enrolled',
    account: 'local',
    collectionId: 'staff',
    faceId: face(i),
    references: 1 + (i % 3),
  }));

const problemOf = async (lines: readonly string[], anchors: AuditHead[] = []) => {
  const { problem, unsigned } = await verifyLog(lines, { publicKey, anchors });
  return problem?.what ?? (unsigned > 0 ? 'unsigned' : null);
};

describe('the audit log', () => {
  const log = written(enrolments(20));

  it('is sound as it was written, from the empty log on', async () => {
    expect(await verifyLog([], { publicKey })).toMatchObject({ lines: 0, problem: null, head: EMPTY_LOG });
    expect(await verifyLog(log, { publicKey })).toEqual({
      lines: 23,
      checkpoints: 3,
      unsigned: 0,
      head: headOf(23, log.at(-1)!),
      problem: null,
    });
  });

  it('shows every flip of a bit, anywhere', async () => {
    const random = seeded(5);
    const bytes = Buffer.from(log.join('\n'));
    for (let i = 0; i < 1000; i++) {
      const flipped = Buffer.from(bytes);
      flipped[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      expect(await problemOf(flipped.toString('latin1').split('\n'))).not.toBeNull();
    }
  });

  it('shows a removed, doubled, moved or added line', async () => {
    for (let i = 0; i < log.length; i++) {
      expect(await problemOf(log.toSpliced(i, 1)), `without line ${i + 1}`).not.toBeNull();
      expect(await problemOf(log.toSpliced(i, 0, log[i]!))).not.toBeNull();
    }
    for (let i = 1; i < log.length; i++) {
      expect(await problemOf(log.toSpliced(i - 1, 2, log[i]!, log[i - 1]!))).not.toBeNull();
    }
  });

  it('shows a rewritten history, which only the device could sign', async () => {
    const forged = openDeviceKey(generateDeviceKey());
    const lines = [link(EMPTY_LOG, NOW, 'operator', { kind: 'signed-in' })];
    lines.push(linkCheckpoint(lines[0]!.head, NOW, forged));
    expect(await problemOf(lines.map(({ line }) => line))).toBe(
      'The checkpoint is not signed by this device.',
    );
  });

  it('that was cut behind a checkpoint is told by a head kept elsewhere', async () => {
    const cut = log.slice(0, 9);
    expect(cut.at(-1)).toContain('checkpoint');
    expect(await problemOf(cut)).toBeNull();
    expect(await problemOf(cut, [headOf(23, log.at(-1)!)])).toContain('cut short');
    expect(await problemOf(log, [headOf(12, log[11]!)])).toBeNull();
    expect(await problemOf(log, [{ n: 12, hash: EMPTY_LOG.hash }])).toContain('anchor');
  });

  it('may lose its beginning only to the retention policy', async () => {
    const lines = [...log];
    expect(lines[8]).toContain('checkpoint');
    expect(await problemOf(lines.slice(8))).toBe('The beginning of the log is missing.');
    const pruned = link(headOf(23, lines.at(-1)!), NOW, 'device', { kind: 'audit-pruned', through: 8 });
    lines.push(pruned.line, linkCheckpoint(pruned.head, NOW, key).line);
    expect(await problemOf(lines.slice(8))).toBeNull();
    expect(await problemOf(lines.slice(9))).not.toBeNull();
    expect(await problemOf(lines.slice(17))).toBe('The beginning of the log is missing.');
  });

  it('takes only what the contract names', () => {
    const entry = { ...enrolments(1)[0]!, externalKey: 'E-1' };
    expect(() => link(EMPTY_LOG, NOW, 'operator', entry)).toThrow('externalKey');
  });
});

describe('an erasure receipt', () => {
  const erasure = {
    account: 'local',
    faces: [1, 2].map((i) => ({ collectionId: 'staff', faceId: face(i) })),
    at: NOW.toISOString(),
    by: 'operator',
    audit: { n: 7, hash: EMPTY_LOG.hash },
  };

  it('is verified by the public key alone', () => {
    const receipt = signReceipt(erasure, key);
    expect(verifyReceipt(JSON.stringify(receipt, null, 2), publicKey)).toEqual(receipt);
    const other = openDeviceKey(generateDeviceKey());
    const text = JSON.stringify(receipt);
    expect(() => verifyReceipt(text, other.publicKey)).toThrow('not signed by this device');
    for (const [from, to] of [
      [face(1), face(3)],
      ['"n":7', '"n":8'],
      ['operator', 'device'],
      [receipt.signature, other.sign('erasure-receipt', 'x')],
    ] as const) {
      expect(() => verifyReceipt(text.replace(from, to), publicKey)).toThrow('not signed by this device');
    }
    expect(() => verifyReceipt('{', publicKey)).toThrow('not a valid erasure receipt');
  });
});

describe('a signed text', () => {
  const Thing = z.object({ n: z.int() });
  const open = (text: string, signature = key.sign('session-claim', text)) =>
    openSigned(Thing, publicKey, 'session-claim', text, signature);

  it('is what it says', () => {
    expect(open('{"n":1}')).toEqual({ n: 1 });
  });

  it('is nothing without the signature for its purpose', () => {
    expect(open('{"n":1}', key.sign('session-claim', '{"n":2}'))).toBeNull();
    expect(open('{"n":1}', key.sign('session-result', '{"n":1}'))).toBeNull();
  });

  it.each(['', '{', '{"n":"1"}', 'null'])('is nothing where it makes no sense: %j', (text) => {
    expect(open(text)).toBeNull();
  });
});
