import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_AUTOMATIC_REFERENCES, MAX_REFERENCES_PER_FACE } from '#contract';
import { createCalibration, MARGIN, seeded, similarity } from '#core/matching';
import type { NewReference, Store } from '#core/store';
import { temporaryStore, type TemporaryStore } from '../store/testing/temporary-store.ts';
import { madeUpTable } from '../matching/testing/made-up-table.ts';
import { randomTemplate } from '../matching/testing/random-templates.ts';
import { Gallery } from './gallery.ts';

const MODEL = 'model-1';
const DIMENSION = 512;
const DAY = 24 * 60 * 60 * 1000;
const calibration = createCalibration(
  madeUpTable([
    [1e-2, 0.26],
    [1e-4, 0.41],
    [1e-6, 0.55],
  ]),
);
const policy = { falsePositiveRate: 1e-3, margin: MARGIN };

let place: TemporaryStore;
let store: Store;
let gallery: Gallery;
let random: () => number;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  random = seeded(7);
  place = await temporaryStore();
  ({ store } = place);
  gallery = await Gallery.open({ store, modelId: MODEL, dimension: DIMENSION, calibration });
  await gallery.createCollection('c');
  for (let i = 0; i < 9; i++) await enrol(person());
});
afterEach(async () => {
  vi.useRealTimers();
  await place.remove();
});

const person = (): Float32Array => randomTemplate(DIMENSION, random);
const seen = (template: Float32Array): Omit<NewReference, 'source'> => ({
  modelId: MODEL,
  template,
  quality: 0.9,
});
const enrol = async (...templates: Float32Array[]): Promise<string> => {
  const references = templates.map((template) => ({ ...seen(template), source: 'camera' as const }));
  return (await gallery.enrol('c', { references })).faceId;
};
/** At `degrees` from `from` on the way to `to`, which are about at right angles. */
function between(from: Float32Array, to: Float32Array, degrees: number): Float32Array {
  const along = similarity(from, to);
  const across = to.map((value, i) => value - along * from[i]!);
  const length = Math.sqrt(similarity(across, across));
  const angle = (degrees * Math.PI) / 180;
  return from.map((value, i) => Math.cos(angle) * value + (Math.sin(angle) * across[i]!) / length);
}
const learn = (faceId: string, template: Float32Array): Promise<boolean> =>
  gallery.learn('c', faceId, { modelId: MODEL, template }, policy, async () => seen(template));
const automatic = async (faceId: string): Promise<number> =>
  (await gallery.getFace('c', faceId)).automaticReferenceCount;

describe('learning from visits', () => {
  it('helps to recognise a person who came to look different, and can be undone', async () => {
    const [ada, changed] = [person(), person()];
    const faceId = await enrol(ada);
    const probe = between(ada, changed, 68);
    expect(await gallery.recognise('c', probe, policy)).toEqual({ kind: 'unknown' });
    expect(await learn(faceId, between(ada, changed, 50))).toBe(true);
    expect(await gallery.recognise('c', probe, policy)).toMatchObject({ kind: 'known' });
    expect(await gallery.unlearn('c', faceId)).toMatchObject({
      referenceCount: 1,
      automaticReferenceCount: 0,
    });
    expect(await gallery.recognise('c', probe, policy)).toEqual({ kind: 'unknown' });
    expect(await gallery.recognise('c', ada, policy)).toMatchObject({ kind: 'known' });
  });

  it('outlasts a new secret of the templates, as do duplicates and likeness', async () => {
    const [ada, changed] = [person(), person()];
    const faceId = await enrol(ada);
    expect(await learn(faceId, between(ada, changed, 50))).toBe(true);
    const probe = between(ada, changed, 68);
    const given = [{ ...seen(between(ada, changed, 60)), source: 'file' as const }];
    for (let secrets = 0; secrets < 2; secrets++) {
      expect(await gallery.recognise('c', probe, policy)).toMatchObject({ kind: 'known' });
      expect(await gallery.suspectedDuplicates('c', [{ ...given[0]!, template: ada }])).toMatchObject([
        { faceId },
      ]);
      expect(await gallery.similarityTo('c', faceId, given)).toBeCloseTo(0.5, 5);
      await store.renewProtection();
    }
    vi.setSystemTime(Date.now() + DAY);
    expect(await learn(faceId, between(ada, person(), 50))).toBe(true);
    expect(await automatic(faceId)).toBe(2);
  });

  it('is not walked away from a person by faces that change a little every day', async () => {
    const [ada, intruder] = [person(), person()];
    const faceId = await enrol(ada);
    let learned = 0;
    for (let degrees = 0; degrees <= 90; degrees += 1) {
      const probe = randomTemplate(DIMENSION, random, between(ada, intruder, degrees), 0.45);
      const found = await gallery.recognise('c', probe, policy);
      if (found.kind === 'known' && (await learn(faceId, probe))) learned += 1;
      vi.setSystemTime(Date.now() + DAY);
    }
    expect(learned).toBeGreaterThan(2);
    expect(await automatic(faceId)).toBeGreaterThan(0);
    expect(await gallery.recognise('c', intruder, policy)).toEqual({ kind: 'unknown' });
    // The learned references are near enough to the intruder to have matched, had they a say of their own.
    const references = await store.faceReferences('local', 'c', faceId, MODEL);
    const kept = await store.protect(MODEL, intruder);
    const nearest = Math.max(...references.map(({ template }) => similarity(template, kept)));
    expect(nearest).toBeGreaterThan(
      calibration.similarityAtRate(policy.falsePositiveRate / references.length),
    );
    expect(await gallery.recognise('c', ada, policy)).toMatchObject({ kind: 'known' });
  });

  it('takes no second step from what was learned', async () => {
    const [ada, other] = [person(), person()];
    const faceId = await enrol(ada);
    expect(await learn(faceId, between(ada, other, 50))).toBe(true);
    vi.setSystemTime(Date.now() + DAY);
    const further = between(ada, other, 63);
    expect(await gallery.recognise('c', further, policy)).toMatchObject({ kind: 'known' });
    expect(await learn(faceId, further)).toBe(false);
  });

  it('happens once a day, and replaces the oldest', async () => {
    const ada = person();
    const faceId = await enrol(ada);
    expect(await learn(faceId, between(ada, person(), 45))).toBe(true);
    expect(await learn(faceId, between(ada, person(), 45))).toBe(false);
    const [oldest] = (await store.faceReferences('local', 'c', faceId, MODEL)).slice(1);
    for (let day = 1; day <= MAX_AUTOMATIC_REFERENCES; day++) {
      vi.setSystemTime(Date.now() + DAY);
      expect(await learn(faceId, between(ada, person(), 45))).toBe(true);
    }
    expect(await automatic(faceId)).toBe(MAX_AUTOMATIC_REFERENCES);
    const ids = (await store.faceReferences('local', 'c', faceId, MODEL)).map((each) => each.referenceId);
    expect(ids).not.toContain(oldest!.referenceId);
  });

  it('does not happen for another person, a stranger, or a face that is full', async () => {
    const [ada, grace] = [person(), person()];
    const [adaId, graceId] = [await enrol(ada), await enrol(grace)];
    expect(await learn(adaId, between(grace, person(), 40))).toBe(false);
    expect(await learn(adaId, person())).toBe(false);
    await gallery.deleteFace('c', graceId);
    expect(await learn(graceId, between(grace, person(), 40))).toBe(false);
    const full = person();
    const fullId = await enrol(
      ...Array.from({ length: MAX_REFERENCES_PER_FACE }, () => between(full, person(), 20)),
    );
    expect(await learn(fullId, between(full, person(), 45))).toBe(false);
    expect([await automatic(adaId), await automatic(fullId)]).toEqual([0, 0]);
  });

  it('asks for what is kept only when it is worth it, and takes no template of another model', async () => {
    const ada = person();
    const faceId = await enrol(ada);
    const template = between(ada, person(), 45);
    let asked = 0;
    const made = async (): Promise<Omit<NewReference, 'source'>> => {
      asked += 1;
      return seen(template);
    };
    const learnAs = (modelId: string, template: Float32Array): Promise<boolean> =>
      gallery.learn('c', faceId, { modelId, template }, policy, made);
    expect(await learnAs('model-2', template)).toBe(false);
    expect(await learnAs(MODEL, ada)).toBe(false);
    expect(asked).toBe(0);
    expect(await learnAs(MODEL, template)).toBe(true);
    expect(await learnAs(MODEL, template)).toBe(false);
    expect(asked).toBe(1);
  });
});
