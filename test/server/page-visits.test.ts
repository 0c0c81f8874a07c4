import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { PageVerdict, VisitFrame } from '#contract';
import { Accounts, PageAccess, type Caller } from '#core/accounts';
import { seeded } from '#core/matching';
import { fileKekProvider, openStore, type SqlStore } from '#core/store';
import { Ledger } from '#core/usage';
import type { Recognition } from '../../main/appliance/index.ts';
import type { AnimatedHead } from '../../scripts/samples/animated-head.ts';
import { portrait } from '../../scripts/samples/clip.ts';
import { sampleFace } from '../../scripts/samples/samples.ts';
import { enrolNamed, verifyNamed } from '../../server/dialects/faceauth/named.ts';
import { PageVisits } from '../../server/dialects/faceauth/pages/page-visits.ts';
import { Galleries } from '../../server/galleries.ts';
import { recognizersOf } from '../../server/recognizers.ts';
import { ATTACK_KINDS } from '../attacks/index.ts';
import { newHeld } from '../support/held.ts';
import { headOf, performed } from '../support/kiosk-client.ts';
import { networks } from '../support/networks.ts';

/** Visits of web pages, as the server judges them: whatever a page says, by frames alone. Time passes when it is told to. */

const ORIGIN = 'https://shop.example';
const STEPS = ['turn-left', 'turn-right'] as const;

let folder: string;
let store: SqlStore;
let recognition: Recognition;
let galleries: Galleries;
let accounts: Accounts;
let heads: Record<'kim' | 'sasha', AnimatedHead>;
let time = 0;
let seed = 0;
/** Of an account of its own for each test, in which Kim is enrolled. */
let caller: Caller;
let access: PageAccess;
let visits: PageVisits;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lintel-pages-'));
  store = await openStore({ dir: join(folder, 'data'), kekProvider: fileKekProvider(join(folder, 'key')) });
  recognition = await networks();
  const { recognizer, calibration } = recognition;
  const { modelId, dimension } = recognizer;
  galleries = new Galleries({ store, modelId, dimension, calibration });
  accounts = new Accounts(store);
  access = new PageAccess(store);
  heads = { kim: await headOf(sampleFace('Kim')), sasha: await headOf(sampleFace('Sasha')) };
  visits = newVisits();
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  const { apiKey } = await accounts.create(`shop ${(seed += 1)}`);
  caller = (await accounts.authenticate(apiKey))!;
  await access.setOrigins(caller.keyId, [ORIGIN]);
  const gallery = await galleries.of(caller.accountId);
  await enrolNamed(gallery, recognition.recognizer, 'kim', [await portrait(sampleFace('Kim'))]);
});

async function newGrant(purpose: 'login' | 'enroll' = 'login', user = 'kim', uses = 5) {
  const asked = { origin: ORIGIN, purpose, user, uses, seconds: 300 };
  return await access.verify((await access.issue(caller, asked)).token);
}
type Grant = Awaited<ReturnType<typeof newGrant>>;

/** As after a start of the server. */
function newVisits(): PageVisits {
  const { recognizer, calibration } = recognition;
  return new PageVisits({
    store,
    held: newHeld(store, { pageSteps: { steps: STEPS, seconds: 8 }, now: () => time }),
    galleries,
    recognizers: recognizersOf(recognizer, accounts),
    calibration,
    ledger: new Ledger(store),
    access,
  });
}

/** A visit with the frames that `show` has for its challenge. */
async function visit(
  grant: Grant,
  show: (
    steps: Parameters<typeof performed>[1],
  ) => Promise<{ frames: readonly VisitFrame[]; milliseconds: number }>,
): Promise<PageVerdict> {
  const { visit, ticket } = await visits.begin(grant, grant.user!, []);
  const { frames, milliseconds } = await show(ticket.challenge);
  time += milliseconds;
  return await visits.submit(visit, frames);
}
const livingly = (head: AnimatedHead) => (steps: Parameters<typeof performed>[1]) =>
  performed(head, steps, (seed += 1));

/** What a covered camera sends. */
async function blankly(steps: Parameters<typeof performed>[1]) {
  const moments: VisitFrame['moment'][] = [
    { kind: 'baseline' },
    ...steps.map((_, step) => ({ kind: 'step', step }) as const),
    ...Array.from({ length: 3 }, () => ({ kind: 'frontal' }) as const),
  ];
  const frames = await Promise.all(
    moments.map(async (moment, i) => {
      const background = { r: (seed += 1) % 256, g: i, b: 99 };
      const grey = { width: 64, height: 48, channels: 3, background } as const;
      const image = await sharp({ create: grey }).png().toBuffer();
      return { image, moment, capturedAt: i * 1000 };
    }),
  );
  return { frames, milliseconds: moments.length * 1000 };
}

it('sign in the named person who did the steps, once per token, with a proof to be redeemed once', async () => {
  const grant = await newGrant();
  const verdict = await visit(grant, livingly(heads.kim));
  expect(verdict).toMatchObject({ match: true, status: 'match', user: { external_user_id: 'kim' } });
  const proof = verdict.proof!;
  const other = (await accounts.authenticate((await accounts.create(`spy ${seed}`)).apiKey))!;
  await expect(visits.redeem(other.accountId, proof)).rejects.toMatchObject({ code: 'proof-unknown' });
  expect(await visits.redeem(caller.accountId, proof)).toMatchObject({ purpose: 'login', origin: ORIGIN });
  await expect(visits.redeem(caller.accountId, proof)).rejects.toMatchObject({ code: 'proof-unknown' });
  await expect(visits.begin(grant, 'kim', [])).rejects.toMatchObject({ code: 'page-token-invalid' });
});

it('do not take a stranger, nor the same frames again', async () => {
  const grant = await newGrant();
  expect(await visit(grant, livingly(heads.sasha))).toMatchObject({
    match: false,
    status: 'no_match',
    proof: null,
  });
  const recorded = new Map<string, Awaited<ReturnType<typeof performed>>>();
  const record = async (steps: Parameters<typeof performed>[1]) => {
    const shown = recorded.get(steps.join()) ?? (await livingly(heads.kim)(steps));
    recorded.set(steps.join(), shown);
    return shown;
  };
  expect((await visit(grant, record)).match).toBe(true);
  const compressed = async ({ image, ...frame }: VisitFrame): Promise<VisitFrame> => ({
    ...frame,
    image: await sharp(image)
      .extract({ left: 6, top: 4, width: 630, height: 470 })
      .jpeg({ quality: 80 })
      .toBuffer(),
  });
  const asTheyAre = async (frame: VisitFrame): Promise<VisitFrame> => frame;
  for (const [at, change] of [
    [visits, asTheyAre],
    [visits, compressed],
    [newVisits(), asTheyAre],
  ] as const) {
    const replayed = await replay(at, recorded, change);
    expect(replayed).toMatchObject({ match: false, status: 'not_live' });
    expect(replayed.reasons).toContain('frames-not-genuine');
  }
});

/** Begins visits until one asks for what was recorded, and shows that. */
async function replay(
  at: PageVisits,
  recorded: ReadonlyMap<string, Awaited<ReturnType<typeof performed>>>,
  change: (frame: VisitFrame) => Promise<VisitFrame>,
): Promise<PageVerdict> {
  const grant = await newGrant();
  for (;;) {
    const { visit: name, ticket } = await at.begin(grant, 'kim', []);
    const shown = recorded.get(ticket.challenge.join());
    // An unanswered challenge stays for a minute.
    time += shown?.milliseconds ?? 60_000;
    if (shown !== undefined) return await at.submit(name, await Promise.all(shown.frames.map(change)));
  }
}

it('do not take photographs held before the camera', async () => {
  const subject = { person: 'Kim', head: heads.kim, attacker: heads.sasha };
  const grant = await newGrant();
  for (const kind of ['print-still', 'print-moved'] as const) {
    const verdict = await visit(grant, async (steps) => {
      const { frames, sessionMs } = await ATTACK_KINDS[kind].present(
        { subject, steps, recorded: null as never },
        seeded(seed),
      );
      return { frames, milliseconds: sessionMs };
    });
    expect([kind, verdict.match, verdict.proof]).toEqual([kind, false, null]);
  }
});

it('pause after failures in a row, whatever the token, for that person alone', async () => {
  // Pictures that tell nothing are half a failure each.
  const grants = [await newGrant(), await newGrant()];
  for (let i = 0; i < 10; i++) {
    expect(await visit(grants[i % 2]!, blankly)).toMatchObject({ status: 'try_again' });
  }
  await expect(visits.begin(await newGrant(), 'kim', [])).rejects.toMatchObject({ code: 'rate-limited' });
  await visits.begin(await newGrant('login', 'sasha'), 'sasha', []);
  time += 30_000;
  expect((await visit(await newGrant(), livingly(heads.kim))).match).toBe(true);
});

it('enrol the person at the camera, and no other person under that name', async () => {
  const enrolled = await visit(await newGrant('enroll', 'sasha'), livingly(heads.sasha));
  expect(enrolled).toMatchObject({ match: true, status: 'enrolled', user: { external_user_id: 'sasha' } });
  const { recognizer, calibration } = recognition;
  const { face } = await recognizer.analyse(await portrait(sampleFace('Sasha')));
  const gallery = await galleries.of(caller.accountId);
  const found = await verifyNamed(gallery, calibration, 'sasha', face!);
  expect(found).toMatchObject({ match: true, user: enrolled.user });
  await expect(visit(await newGrant('enroll', 'sasha'), livingly(heads.kim))).rejects.toMatchObject({
    code: 'different-person',
  });
});

it('use a token no oftener than it says, however many come at once, and end with it', async () => {
  const grant = await newGrant('login', 'kim', 2);
  const opened = await Promise.all(Array.from({ length: 5 }, () => visits.begin(grant, 'kim', [])));
  const { frames } = await livingly(heads.sasha)(opened[0]!.ticket.challenge);
  const all = await Promise.allSettled(opened.map(({ visit }) => visits.submit(visit, frames)));
  expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  const another = await newGrant();
  const begun = await visits.begin(another, 'kim', []);
  await access.revoke(caller.accountId, another.tokenId);
  await expect(visits.submit(begun.visit, frames)).rejects.toMatchObject({ code: 'page-token-invalid' });
});
