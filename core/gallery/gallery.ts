import { randomBytes } from 'node:crypto';
import { Confidence, ExternalKey, type Face, type SuspectedDuplicate } from '#contract';
import { samePersonOf } from '#core/liveness';
import {
  assertTemplate,
  countDiffering,
  decideIdentity,
  similarity,
  type Calibration,
  type Identity,
  type Policy,
} from '#core/matching';
import {
  LOCAL_ACCOUNT,
  type AddingOptions,
  type ModelTemplate,
  type NewFace,
  type NewReference,
} from '#core/store';
import { findAlike, leastAlike } from './duplicates.ts';
import { GalleryIndexes } from './gallery-indexes.ts';
import { valid } from './gallery-records.ts';
import { Indexes } from './indexes.ts';
import { isCode } from './is-code.ts';
import { mayLearn } from './learning.ts';
import type { Found } from './part-found.ts';
import { Turns } from '#core/serial';
import { typicalOf } from './typical.ts';
import type { GalleryOptions, Identification, KnownPerson, NewPerson, SearchOptions } from './types.ts';

/**
 * Collections of enrolled faces of one account: enrol, find, identify. Changes that another process makes to the same
 * store count from the next call on. Calls throw {@link LintelError} with the codes named, and what the store throws.
 */
export class Gallery extends GalleryIndexes {
  readonly #modelId: string;
  readonly #dimension: number;
  readonly #calibration: Calibration;
  readonly #descriptorCalibration: Calibration | undefined;
  readonly #turns = new Turns();

  private constructor({ store, account = LOCAL_ACCOUNT, ...options }: GalleryOptions) {
    const { modelId, dimension, calibration, descriptorCalibration, memory, holders } = options;
    const { scale } = calibration;
    super(store, account, new Indexes({ store, account, modelId, dimension, scale, memory, holders }));
    this.#modelId = modelId;
    this.#dimension = dimension;
    this.#calibration = calibration;
    this.#descriptorCalibration = descriptorCalibration;
  }

  /** The store stays the caller's, to close. */
  static async open(options: GalleryOptions): Promise<Gallery> {
    const { store, account = LOCAL_ACCOUNT, modelId, dimension } = options;
    await store.soundness.hold(account, modelId, dimension);
    return new Gallery(options);
  }

  /**
   * @throws `collection-id-invalid`, `collection-not-found`, `external-key-invalid`, `external-key-in-use`,
   *   `too-many-references`, `model-switched`
   */
  async enrol(collectionId: string, person: NewPerson): Promise<Face> {
    return await this.store.addFace(...this.in(collectionId), this.#newFace(person));
  }

  /**
   * As {@link enrol}, unless the collection's faces changed since it had this `revision`.
   * @returns null when they changed
   */
  async enrolUnlessChanged(collectionId: string, person: NewPerson, revision: string): Promise<Face | null> {
    return await this.store.addFaceUnlessChanged(...this.in(collectionId), this.#newFace(person), revision);
  }

  /** Run tasks of one collection one after the other, in the order of the calls. */
  inTurn<T>(collectionId: string, task: () => Promise<T>): Promise<T> {
    return this.#turns.take(collectionId, task);
  }

  /** How alike references of one person are at least, -1..1. */
  get samePersonSimilarity(): number {
    return samePersonOf(this.#calibration).frontal;
  }
  /** From which similarity on two references are held for those of one person. @param size references that are searched */
  readonly leastAlike = (size: number): number => leastAlike(this.#calibration, size);

  /**
   * @param options makeRoom: the oldest references go where there are too many
   * @throws `collection-id-invalid`, `collection-not-found`, `face-not-found`, `model-switched`, `too-many-references`
   *   unless `makeRoom`
   */
  async addReferences(
    collectionId: string,
    faceId: string,
    references: readonly NewReference[],
    options: AddingOptions = {},
  ): Promise<Face> {
    this.#check(references);
    const face = await this.store.addReferences(...this.in(collectionId), faceId, references, options);
    if (options.makeRoom) await this.indexes.release(collectionId);
    return face;
  }

  /**
   * Whose face this is. A face is as similar as the most similar of its references.
   * @throws `threshold-invalid`, `collection-id-invalid`, `collection-not-found`, `model-switched`
   */
  async identify(
    collectionId: string,
    template: Float32Array,
    { threshold, descriptor }: SearchOptions,
  ): Promise<Identification> {
    valid(Confidence, threshold, 'threshold-invalid');
    await this.store.lineage.require();
    const { candidates, size: searched } = await this.#search(collectionId, template, 1);
    const nobody = { match: false, faceId: null, externalKey: null, metadata: {}, searched };
    const [nearest] = candidates;
    const known = nearest && { ...nearest, confidence: this.#calibration.confidence(nearest.similarity) };
    const [foreign] = await this.#foreign(collectionId, descriptor);
    const best = foreign && foreign.confidence > (known?.confidence ?? -1) ? foreign : known;
    if (best === undefined) return { ...nobody, similarity: 0, confidence: 0 };
    const score = { similarity: best.similarity, confidence: best.confidence };
    if (score.confidence < threshold) return { ...nobody, ...score };
    const face = await this.#faceIfThere(collectionId, best.faceId);
    // Removed by another process since the search: another face may be the best now.
    if (face === null) return await this.identify(collectionId, template, { threshold, descriptor });
    const { faceId, externalKey, metadata } = face;
    return { ...nobody, ...score, match: true, faceId, externalKey, metadata };
  }

  /**
   * The person a face at the camera is taken for. The policy holds its error rate at every size of the collection.
   * @throws `collection-id-invalid`, `collection-not-found`, `model-switched`
   */
  async recognise(
    collectionId: string,
    template: Float32Array,
    policy: Policy,
  ): Promise<Identity<KnownPerson>> {
    await this.store.lineage.require();
    const { candidates, size } = await this.#search(collectionId, template, 2);
    const verdict = decideIdentity(candidates, size, this.#calibration, policy);
    if (verdict.kind !== 'known') return verdict;
    const face = await this.#faceIfThere(collectionId, verdict.person.faceId);
    if (face === null) return await this.recognise(collectionId, template, policy);
    return { kind: 'known', person: { faceId: face.faceId, name: face.metadata.name ?? null } };
  }

  /**
   * Who is enrolled already among the people that these references of one person look like, most alike first.
   * @throws `collection-id-invalid`, `collection-not-found`
   */
  async suspectedDuplicates(
    collectionId: string,
    references: readonly NewReference[],
  ): Promise<SuspectedDuplicate[]> {
    const place = this.#placeOf(collectionId);
    const kept = await Promise.all(
      references.map(({ template }) => this.store.protect(this.#modelId, template)),
    );
    const best = await findAlike(place, this.#calibration, kept);
    const found = await Promise.all(
      best.map(async ([faceId, value]): Promise<SuspectedDuplicate[]> => {
        const face = await this.#faceIfThere(collectionId, faceId);
        if (face === null) return [];
        const { externalKey, metadata } = face;
        return [{ faceId, externalKey, metadata, confidence: this.#calibration.confidence(value) }];
      }),
    );
    return found.flat();
  }

  /**
   * Which other people look like a person who is enrolled, most alike first, with the confidence that it is one person.
   * @throws `collection-id-invalid`, `collection-not-found`, `face-not-found`
   */
  async duplicatesOf(
    collectionId: string,
    faceId: string,
  ): Promise<{ readonly faceId: string; readonly confidence: number }[]> {
    const place = this.#placeOf(collectionId);
    const stored = await this.store.faceReferences(...this.in(collectionId), faceId, this.#modelId);
    const templates = stored.map(({ template }) => template);
    const alike = await findAlike(place, this.#calibration, templates, faceId);
    return alike.map(([other, value]) => ({
      faceId: other,
      confidence: this.#calibration.confidence(value),
    }));
  }

  /**
   * Keep the template of a visit as an automatic reference of the face it matched, if the match is beyond doubt, the
   * template adds something new, and the face got no other one today. The caller vouches for a live person.
   * @param make the reference of that template, asked for only when it is worth keeping
   * @returns whether it was kept; not so when another model made the template
   * @throws `collection-id-invalid`, `collection-not-found`, and what `addReferences` and `make` throw
   */
  async learn(
    collectionId: string,
    faceId: string,
    seen: ModelTemplate,
    policy: Policy,
    make: () => Promise<Omit<NewReference, 'source'>>,
  ): Promise<boolean> {
    // Two at once must not both count as the first of the day.
    return await this.#turns.take(`learn ${faceId}`, async () => {
      if (seen.modelId !== this.#modelId) return false;
      const { candidates, size } = await this.#search(collectionId, seen.template, 2);
      const verdict = decideIdentity(candidates, size, this.#calibration, policy);
      if (verdict.kind !== 'known' || verdict.person.faceId !== faceId) return false;
      try {
        const references = await this.store.faceReferences(...this.in(collectionId), faceId, this.#modelId);
        const template = await this.store.protect(this.#modelId, seen.template);
        if (!mayLearn(references, template, size, this.#calibration, policy)) return false;
        await this.addReferences(collectionId, faceId, [{ ...(await make()), source: 'automatic' }]);
        return true;
      } catch (error) {
        // Removed by another process since the search.
        if (isCode(error, 'face-not-found')) return false;
        throw error;
      }
    });
  }

  /**
   * How alike these references and those of a face that an operator or an API gave are at best, -1..1.
   * @throws `collection-id-invalid`, `collection-not-found`, `face-not-found`
   */
  async similarityTo(
    collectionId: string,
    faceId: string,
    references: readonly NewReference[],
  ): Promise<number> {
    this.#check(references);
    const stored = await this.store.faceReferences(...this.in(collectionId), faceId, this.#modelId);
    const firstHand = stored.filter(({ source }) => source !== 'automatic');
    const given = await Promise.all(
      references.map(({ template }) => this.store.protect(this.#modelId, template)),
    );
    const own = firstHand.flatMap(({ template }) => given.map((each) => similarity(template, each)));
    // A face that was enrolled by a descriptor alone is compared by that descriptor.
    const others = await Promise.all(
      references.map(({ descriptor }) => this.#foreign(collectionId, descriptor, faceId)),
    );
    return Math.max(...own, ...others.flat().map((each) => each.similarity));
  }

  /**
   * The pictures kept of a person's references, encoded.
   * @throws `collection-id-invalid`, `collection-not-found`, `face-not-found`
   */
  async pictures(collectionId: string, faceId: string): Promise<Uint8Array[]> {
    const stored = await this.store.faceReferences(...this.in(collectionId), faceId, this.#modelId);
    const images = stored.map(({ referenceId }) => this.store.referenceImage(this.account, referenceId));
    return (await Promise.all(images)).filter((image) => image !== null);
  }

  /**
   * A template of a person, of those that an operator or an API gave: the one most like the others, as the model made it.
   * @returns null of somebody who has none of this model @throws as {@link pictures}
   */
  async typicalTemplate(collectionId: string, faceId: string): Promise<Float32Array | null> {
    const stored = await this.store.faceReferences(...this.in(collectionId), faceId, this.#modelId);
    const firstHand = stored.filter(({ source }) => source !== 'automatic');
    const typical = typicalOf(firstHand.map(({ template }) => template));
    return typical === undefined ? null : await this.store.recover(this.#modelId, typical);
  }

  /**
   * How many references of a person, of those that an operator or an API gave, differ from each other.
   * @throws `collection-id-invalid`, `collection-not-found`, `face-not-found`
   */
  async differing(collectionId: string, faceId: string): Promise<number> {
    const stored = await this.store.faceReferences(...this.in(collectionId), faceId, this.#modelId);
    const firstHand = stored.filter(({ source }) => source !== 'automatic');
    return countDiffering(
      firstHand.map(({ template }) => template),
      this.#calibration.scale,
    );
  }

  /**
   * How alike a template and a person are, by the references that an operator or an API gave.
   * @returns similarity -1..1, and confidence 0..100; 0 for a face without such references
   * @throws as {@link similarityTo}
   */
  async compare(
    collectionId: string,
    faceId: string,
    template: Float32Array,
    descriptor?: Float32Array,
  ): Promise<{ readonly similarity: number; readonly confidence: number }> {
    const probe = { modelId: this.#modelId, template, quality: 0, source: 'api' } as const;
    const best = await this.similarityTo(collectionId, faceId, [
      { ...probe, ...(descriptor && { descriptor }) },
    ]);
    const value = Number.isFinite(best) ? best : 0;
    return { similarity: value, confidence: this.#calibration.confidence(value) };
  }

  /**
   * The people most alike, best first.
   * @throws `collection-id-invalid`, `collection-not-found`, `model-switched`
   */
  async nearest(
    collectionId: string,
    { template, descriptor }: { readonly template: Float32Array; readonly descriptor?: Float32Array },
    count: number,
  ): Promise<{ readonly faceId: string; readonly confidence: number }[]> {
    await this.store.lineage.require();
    const { candidates } = await this.#search(collectionId, template, count);
    const best = new Map(
      candidates.map((each) => [each.faceId, this.#calibration.confidence(each.similarity)]),
    );
    for (const { faceId, confidence } of await this.#foreign(collectionId, descriptor)) {
      best.set(faceId, Math.max(best.get(faceId) ?? 0, confidence));
    }
    return Array.from(best, ([faceId, confidence]) => ({ faceId, confidence }))
      .toSorted((a, b) => b.confidence - a.confidence)
      .slice(0, count);
  }

  /**
   * The reference of a person that a template is most like, of those that an operator or an API gave; null: there is none.
   * @throws as {@link similarityTo}
   */
  async nearestReference(
    collectionId: string,
    faceId: string,
    template: Float32Array,
  ): Promise<{ readonly referenceId: number; readonly similarity: number } | null> {
    const stored = await this.store.faceReferences(...this.in(collectionId), faceId, this.#modelId);
    const probe = await this.store.protect(this.#modelId, template);
    const [best = null] = stored
      .filter(({ source }) => source !== 'automatic')
      .map((each) => ({ referenceId: each.referenceId, similarity: similarity(each.template, probe) }))
      .toSorted((a, b) => b.similarity - a.similarity);
    return best;
  }

  /**
   * Those who were enrolled by a descriptor, most alike first; similarities are those of templates that mean the same
   * confidence.
   * @param faceId only this one
   */
  async #foreign(
    collectionId: string,
    descriptor: Float32Array | undefined,
    faceId?: string,
  ): Promise<{ readonly faceId: string; readonly similarity: number; readonly confidence: number }[]> {
    const calibration = this.#descriptorCalibration;
    if (descriptor === undefined || calibration === undefined) return [];
    const found = await this.searchDescriptors(collectionId, descriptor, {
      isForeign: true,
      ...(faceId !== undefined && { faceId }),
    });
    return found
      .toSorted((a, b) => b.cosine - a.cosine)
      .map((each) => {
        const confidence = calibration.confidence(each.cosine);
        return { faceId: each.faceId, similarity: this.#calibration.similarity(confidence), confidence };
      });
  }

  async #faceIfThere(collectionId: string, faceId: string): Promise<Face | null> {
    try {
      return await this.getFace(collectionId, faceId);
    } catch (error) {
      if (isCode(error, 'face-not-found')) return null;
      throw error;
    }
  }

  async #search(collectionId: string, template: Float32Array, count: number): Promise<Found> {
    const [, place] = this.in(collectionId);
    return await this.indexes.search(place, await this.store.protect(this.#modelId, template), count);
  }

  #placeOf(collectionId: string): { readonly indexes: Indexes; readonly collectionId: string } {
    return { indexes: this.indexes, collectionId: this.in(collectionId)[1] };
  }

  #newFace(person: NewPerson): NewFace {
    const { externalKey, references } = person;
    valid(ExternalKey.nullish(), externalKey, 'external-key-invalid');
    if (references.length === 0) throw new RangeError('A face has at least one reference.');
    this.#check(references);
    return { faceId: newFaceId(), ...person };
  }

  #check(references: readonly NewReference[]): void {
    for (const { modelId, template } of references) {
      if (modelId !== this.#modelId) throw new RangeError(`A template of ${modelId}, not ${this.#modelId}.`);
      assertTemplate(template, this.#dimension);
    }
  }
}

/** 128 random bits, so that no client guesses one. */
export const newFaceId = (): string => `face_${randomBytes(16).toString('hex')}`;
