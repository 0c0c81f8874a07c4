import { beforeAll, describe, expect, it } from 'vitest';
import { Gallery } from '#core/gallery';
import { createCalibration } from '#core/matching';
import type { NewReference, Store } from '#core/store';
import { temporaryStore } from '../store/testing/temporary-store.ts';
import { madeUpTable } from '../matching/testing/made-up-table.ts';
import { randomTemplate, seeded } from '../matching/testing/random-templates.ts';
import { addReferences, enrolAndNameAlike, enrolUnderKey, enrolUnlessAlike, findOrEnrol } from './enrol.ts';

const DIMENSION = 512;
const calibration = createCalibration(
  madeUpTable([
    [1e-1, 0.15],
    [1e-5, 0.5],
  ]),
);
const random = seeded(1);
let store: Store;
let gallery: Gallery;

beforeAll(async () => {
  const place = await temporaryStore();
  ({ store } = place);
  gallery = await openGallery();
  return place.remove;
});

const openGallery = () => Gallery.open({ store, modelId: 'model-1', dimension: DIMENSION, calibration });

let collections = 0;
async function newCollection(): Promise<string> {
  const collectionId = `c${collections++}`;
  await gallery.createCollection(collectionId);
  return collectionId;
}

const person = (): Float32Array => randomTemplate(DIMENSION, random);
/** Of another picture of the same person: similarity about 0.9. */
const picture = (of: Float32Array): NewReference => reference(randomTemplate(DIMENSION, random, of, 0.45));
const reference = (template: Float32Array): NewReference => ({
  modelId: 'model-1',
  template,
  quality: 1,
  source: 'api',
});

describe('find or enrol', () => {
  it('enrols a new person once, however many ask at the same time, and in each collection for itself', async () => {
    const [c, d] = [await newCollection(), await newCollection()];
    const ada = person();
    const ask = (collectionId: string) =>
      findOrEnrol(gallery, collectionId, { references: [picture(ada)] }, 90);
    const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(i % 2 === 0 ? c : d)));
    const faceIds = answers.map((answer) =>
      'enrolled' in answer ? answer.enrolled.faceId : answer.found.faceId,
    );
    expect(answers.filter((answer) => 'enrolled' in answer)).toHaveLength(2);
    expect(new Set(faceIds.filter((_, i) => i % 2 === 0)).size).toBe(1);
    expect([await gallery.count(c), await gallery.count(d)]).toEqual([1, 1]);
  });

  it('enrols a new person once, also where several processes ask, each with turns of its own', async () => {
    const c = await newCollection();
    const ada = person();
    const galleries = [gallery, await openGallery(), await openGallery()];
    const asking = galleries.flatMap((each) =>
      Array.from({ length: 10 }, () => findOrEnrol(each, c, { references: [picture(ada)] }, 90)),
    );
    expect((await Promise.all(asking)).filter((answer) => 'enrolled' in answer)).toHaveLength(1);
    expect(await gallery.count(c)).toBe(1);
  });

  it('enrols under the id that is asked for', async () => {
    const faceId = `face_${'a'.repeat(32)}`;
    const asked = { references: [reference(person())] as const, faceId };
    const answer = await findOrEnrol(gallery, await newCollection(), asked, 90);
    expect(answer).toMatchObject({ enrolled: { faceId } });
  });
});

describe('a person who looks like a person enrolled', () => {
  it('is held, or enrolled when the caller allows it or only wants to hear of it', async () => {
    const c = await newCollection();
    const ada = person();
    const { faceId } = await gallery.enrol(c, { references: [picture(ada)] });
    const again = { references: [picture(ada)] };
    const suspectedDuplicates = [{ faceId }];
    expect(await enrolUnlessAlike(gallery, c, again, false)).toMatchObject({
      face: null,
      suspectedDuplicates,
    });
    expect(await gallery.count(c)).toBe(1);
    expect(await enrolUnlessAlike(gallery, c, again, true)).toMatchObject({ suspectedDuplicates });
    expect(await gallery.count(c)).toBe(2);
    expect((await enrolAndNameAlike(gallery, c, again)).suspectedDuplicates).toHaveLength(2);
    expect(await gallery.count(c)).toBe(3);
    const stranger = { references: [reference(person())] };
    expect(await enrolUnlessAlike(gallery, c, stranger, false)).toMatchObject({
      face: { referenceCount: 1 },
      suspectedDuplicates: [],
    });
  });
});

describe('an external key', () => {
  it('gets one face, however many enrol under it at once; the oldest references make room', async () => {
    const c = await newCollection();
    const ada = person();
    const enrol = () => enrolUnderKey(gallery, c, { references: [picture(ada)], externalKey: 'ada' });
    const answers = await Promise.all(Array.from({ length: 12 }, enrol));
    expect(answers.map(({ isNew }) => isNew)).toEqual([true, ...Array<boolean>(11).fill(false)]);
    expect((await gallery.listFaces(c)).faces).toMatchObject([{ externalKey: 'ada', referenceCount: 10 }]);
  });

  it('gets one face, also where several processes enrol under it', async () => {
    const c = await newCollection();
    const ada = person();
    const galleries = [gallery, await openGallery(), await openGallery()];
    const enrol = (each: Gallery) =>
      enrolUnderKey(each, c, { references: [picture(ada)], externalKey: 'ada' });
    const answers = await Promise.all(galleries.map(enrol));
    expect(answers.filter(({ isNew }) => isNew)).toHaveLength(1);
    expect((await gallery.listFaces(c)).faces).toMatchObject([{ externalKey: 'ada', referenceCount: 3 }]);
  });

  it('takes pictures of one person only', async () => {
    const c = await newCollection();
    const [ada, grace] = [person(), person()];
    const refused = { code: 'different-person' };
    const both = { references: [picture(ada), picture(grace)], externalKey: 'ada' };
    await expect(enrolUnderKey(gallery, c, both)).rejects.toMatchObject(refused);
    const { face } = await enrolUnderKey(gallery, c, { references: [picture(ada)], externalKey: 'ada' });
    const another = { references: [picture(grace)], externalKey: 'ada' };
    await expect(enrolUnderKey(gallery, c, another)).rejects.toMatchObject(refused);
    await expect(addReferences(gallery, c, face.faceId, [picture(grace)])).rejects.toMatchObject(refused);
    expect(await addReferences(gallery, c, face.faceId, [picture(ada)])).toMatchObject({ referenceCount: 2 });
  });
});
