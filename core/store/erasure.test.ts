import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';
import { DESCRIPTOR_LENGTH, DESCRIPTOR_MODEL, type ErasureReceipt, type NewEvent } from '#contract';
import { verifyReceipt } from '#core/audit';
import { connect } from './file/database.ts';
import { fileKekProvider, LOCAL_ACCOUNT as ME, openStore } from './index.ts';
import { newFaceId, newReference, newTemplate } from './testing/made-up-faces.ts';
import { withDataKey } from './file/place.ts';
import { readPages } from './file/pages.ts';

const FACES = 1000;
const ERASED = 20;

const folder = await mkdtemp(join(tmpdir(), 'lintel-erasure-'));
afterAll(() => rm(folder, { recursive: true }));
const dir = join(folder, 'data');
const kekProvider = fileKekProvider(join(folder, 'key'));

/** The parts of a blob, so that one that was split over two pages is found too. */
const partsOf = (bytes: Uint8Array): Buffer[] =>
  [0, bytes.length >> 1, bytes.length - 24].map((at) => Buffer.from(bytes.subarray(at, at + 24)));

const registered = (userId: string, email: string): NewEvent => ({
  kind: 'face.registered',
  data: { userId, email, similarity: null, qualityScore: null, ipAddress: null },
});

interface Traces {
  readonly faceId: string;
  readonly externalKey: string;
  /** What must be in the decrypted pages before the erasure. */
  readonly kept: Buffer[];
  /** What must not be anywhere afterwards, and never was in the clear. */
  readonly plain: Buffer[];
}

/** All files as they lie on the disk, then the decrypted pages of the database. */
async function* everyByte(): AsyncGenerator<[string, Buffer]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((entry) => entry.isFile())) {
    const path = join(entry.parentPath, entry.name);
    yield [path, await readFile(path)];
  }
  const pages = await withDataKey(dir, kekProvider, (path, dataKey) =>
    Array.fromAsync(readPages(path, dataKey)),
  );
  yield ['pages', Buffer.concat(pages)];
}

/** How many of the traces stand somewhere in the bytes. All are looked for at once: one by one takes ten seconds. */
function countIn(bytes: Buffer, traces: readonly Buffer[]): number {
  const byStart = Map.groupBy(traces, (trace) => trace.readUInt32LE());
  const mayStart = new Uint8Array(1 << 16);
  for (const trace of traces) mayStart[trace.readUInt16LE()] = 1;
  const found = new Set<Buffer>();
  for (let at = 0; at + 4 <= bytes.length; at++) {
    if (mayStart[bytes[at]! | (bytes[at + 1]! << 8)] === 0) continue;
    for (const trace of byStart.get(bytes.readUInt32LE(at)) ?? []) {
      if (bytes.subarray(at, at + trace.length).equals(trace)) found.add(trace);
    }
  }
  return found.size;
}

/** The key of a face, and its blobs as they are sealed. */
async function sealedOf(faceIds: readonly string[]): Promise<Map<string, Buffer[]>> {
  return await withDataKey(dir, kekProvider, async (path, dataKey) => {
    const database = connect(path, {}, dataKey, () => {});
    const rows = database
      .prepare(
        `SELECT face_id, face_keys.key, template, image, descriptor FROM faces
         JOIN face_keys ON face_keys.face = faces.id
         JOIN face_references ON face_references.face = faces.id
         JOIN templates ON templates.reference = face_references.id
         JOIN reference_images ON reference_images.reference = face_references.id
         JOIN descriptors ON descriptors.reference = face_references.id`,
      )
      .raw()
      .all();
    database.close();
    const blob = z.instanceof(Buffer);
    const parsed = z.array(z.tuple([z.string(), blob, blob, blob, blob])).parse(rows);
    const wanted = parsed.filter(([faceId]) => faceIds.includes(faceId));
    return new Map(
      wanted.map(([faceId, key, template, image, descriptor]) => [
        faceId,
        [key, ...partsOf(template), ...partsOf(image), ...partsOf(descriptor)],
      ]),
    );
  });
}

it(`leaves nothing of ${ERASED} out of ${FACES} people, in any file or page`, async () => {
  const store = await openStore({ dir, kekProvider });
  await store.createCollection(ME, 'c');
  // It takes nothing: what is to be told waits in the outbox.
  const url = 'https://receiver.example';
  await store.webhooks.add(ME, { url, kinds: ['face.registered'], secret: 'x' });
  const people = new Map<string, Traces>();
  for (let i = 0; i < FACES; i++) {
    const faceId = newFaceId();
    const reference = newReference();
    const image = randomBytes(6000);
    const externalKey = `external-key-${randomBytes(8).toString('hex')}`;
    const name = `Name ${randomBytes(8).toString('hex')}`;
    const descriptor = newTemplate(DESCRIPTOR_LENGTH);
    // Half of them have signed in: the store does not know all traces of those.
    const isUser = i % 2 === 1 && i % (FACES / ERASED) === 7 && people.size % 2 === 0;
    const email = `${randomBytes(8).toString('hex')}@example.com`;
    await store.addFace(ME, 'c', {
      faceId,
      references: [{ ...reference, image, descriptor }],
      externalKey,
      metadata: { name },
      ...(isUser && { beside: { email } }),
    });
    if (i % (FACES / ERASED) !== 7) continue;
    const userAgent = `Browser ${randomBytes(8).toString('hex')}`;
    const signIn = { isSuccess: true, similarity: 0.5, address: '203.0.113.7', userAgent };
    const events = [registered(externalKey, email)];
    if (isUser) await store.users.signIn(ME, 'c', faceId, { ...signIn, uid: null, events });
    const template = (values: Float32Array) => partsOf(new Uint8Array(values.buffer));
    people.set(faceId, {
      faceId,
      externalKey,
      kept: [externalKey, name, ...(isUser ? [email, userAgent] : [])].map((text) => Buffer.from(text)),
      plain: [
        ...template(reference.template),
        ...template(await store.protect(reference.modelId, reference.template)),
        ...template(descriptor),
        ...template(await store.protect(DESCRIPTOR_MODEL, descriptor)),
        ...partsOf(image),
      ],
    });
  }
  for (const [faceId, sealed] of await sealedOf([...people.keys()])) {
    people.get(faceId)!.kept.push(...sealed);
  }
  const [first] = people.values();
  await store.setExternalKey(ME, 'c', first!.faceId, 'another-key-by-now', false);

  /** How many of a person's traces are found, in the files as they are and in the decrypted pages. */
  async function found(traces: readonly Buffer[]): Promise<{ files: number; pages: number }> {
    const count = { files: 0, pages: 0 };
    for await (const [path, bytes] of everyByte()) {
      count[path === 'pages' ? 'pages' : 'files'] += countIn(bytes, traces);
    }
    return count;
  }

  // The search finds what is there: else it would prove nothing. Closing moves the log into the file.
  await (await openStore({ dir, kekProvider })).scrub();
  const last = [...people.values()].at(-1)!;
  expect(await found(last.kept)).toEqual({ files: 0, pages: last.kept.length });
  expect(await found(last.plain)).toEqual({ files: 0, pages: 0 });

  // While another process has the store open, as the appliance has while an operator types a command.
  const appliance = await openStore({ dir, kekProvider });
  const receipts: ErasureReceipt[] = [];
  for (const { faceId, externalKey } of people.values()) {
    const who = receipts.length % 2 === 0 ? { faceId } : { externalKey, collectionId: 'c' };
    receipts.push(await store.as('operator').erase(ME, who));
  }
  const all = [...people.values()].flatMap(({ kept, plain }) => [...kept, ...plain]);
  expect(await found([...all, Buffer.from('another-key-by-now')])).toEqual({ files: 0, pages: 0 });
  expect(await appliance.listFaces(ME, 'c', { limit: 0 })).toMatchObject({ total: FACES - ERASED });
  await appliance.close();

  const publicKey = await store.audit.publicKey();
  await store.close();
  for (const receipt of receipts) {
    expect(people.has(verifyReceipt(JSON.stringify(receipt), publicKey).faces[0]!.faceId)).toBe(true);
  }
  expect(await found(all)).toEqual({ files: 0, pages: 0 });
});
