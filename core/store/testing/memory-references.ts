import { DESCRIPTOR_LENGTH, DESCRIPTOR_MODEL, type Face } from '#contract';
import { createTemplateProtection } from '#core/matching';
import { randomBytes } from 'node:crypto';
import {
  WHOLE,
  type PersonalData,
  type ReferencePage,
  type StoredDescriptor,
  type StoredReference,
} from '../records.ts';
import { InMemory } from './in-memory.ts';
import type { FaceRow, ReferenceRow } from './memory-rows.ts';

/** What a store in memory does with templates and images. */
export abstract class MemoryReferences extends InMemory {
  /** A face as it is now. */
  protected view({ id }: FaceRow): Face {
    const face = this.place.rows.faces.get(id)!;
    const { faceId, externalKey, metadata, createdAt, updatedAt } = face;
    const references = this.place.referencesOf(face);
    const serving = this.place.rows.servingModels.get(this.place.accountOf(face));
    return {
      faceId,
      externalKey,
      metadata,
      referenceCount: references.length,
      automaticReferenceCount: references.filter(({ source }) => source === 'automatic').length,
      reEnrol: !references.some((reference) => serving !== undefined && templateOf(reference, serving)),
      createdAt,
      updatedAt,
    };
  }

  revision(account: string, collectionId: string) {
    return this.place.read(() => {
      const { id, revision } = this.place.collection(account, collectionId);
      return `${id}.${revision}`;
    });
  }

  removals(account: string, collectionId: string) {
    return this.place.read(() => {
      const { id, removals } = this.place.collection(account, collectionId);
      return `${id}.${removals}`;
    });
  }

  referenceIds(account: string, collectionId: string, modelId: string, page: ReferencePage = {}) {
    const { after = 0, upTo = Infinity, limit = Infinity, part = WHOLE } = page;
    return this.place.read(() => {
      const faces = new Set(
        this.place.facesIn(this.place.collection(account, collectionId)).map(({ id }) => id),
      );
      return [...this.place.rows.references.values()]
        .filter((each) => faces.has(each.face) && templateOf(each, modelId) !== null)
        .filter(({ id, face }) => id > after && id <= upTo && face % part.of === part.number)
        .slice(0, limit)
        .map(({ id }) => id);
    });
  }

  async countReferences(account: string, collectionId: string, modelId: string, part = WHOLE) {
    return (await this.referenceIds(account, collectionId, modelId, { part })).length;
  }

  references(account: string, modelId: string, referenceIds: readonly number[]) {
    return this.place.read(() =>
      referenceIds.flatMap((id) => {
        const reference = this.#owned(account, id);
        return reference === null ? [] : this.#stored(reference, modelId);
      }),
    );
  }

  faceReferences(account: string, collectionId: string, faceId: string, modelId: string) {
    return this.place.read(() => {
      const face = this.place.face(account, collectionId, faceId);
      return this.place.referencesOf(face).flatMap((reference) => this.#stored(reference, modelId));
    });
  }

  unlearn(account: string, collectionId: string, faceId: string) {
    return this.place.write(() => {
      const face = this.place.face(account, collectionId, faceId);
      const removed = this.place.referencesOf(face).filter(({ source }) => source === 'automatic');
      this.place.removeReferences(
        face,
        removed.map(({ id }) => id),
      );
      if (removed.length > 0) {
        const entry = { kind: 'references-removed', account, collectionId, faceId } as const;
        this.record({ ...entry, references: removed.length });
      }
      return this.view(face);
    });
  }

  protect(modelId: string, template: Float32Array) {
    return this.place.read(() => this.place.protection(modelId, template.length).protect(template));
  }

  recover(modelId: string, kept: Float32Array) {
    return this.place.read(() => this.place.protection(modelId, kept.length).recover(kept));
  }

  protectionId() {
    return this.place.read(({ secrets }) =>
      Buffer.from(secrets.get('template-protection')!).toString('base64'),
    );
  }

  renewProtection(secret: Uint8Array = randomBytes(32)) {
    return this.place.write(({ references, descriptors, secrets, collections }) => {
      let count = 0;
      const renew = (modelId: string, kept: Float32Array): Float32Array =>
        createTemplateProtection(secret, modelId, kept.length).protect(
          this.place.protection(modelId, kept.length).recover(kept),
        );
      for (const [id, reference] of references) {
        const templates = [...reference.templates].map(([modelId, kept]) => {
          if (kept !== null) count++;
          return [modelId, kept && renew(modelId, kept)] as const;
        });
        references.set(id, { ...reference, templates: new Map(templates) });
      }
      for (const [id, made] of descriptors) {
        descriptors.set(id, { ...made, template: renew(DESCRIPTOR_MODEL, made.template) });
      }
      secrets.set('template-protection', secret);
      for (const id of collections.keys()) this.place.changed(id);
      this.record({ kind: 'key-changed', what: 'template-protection', stage: 'done' });
      this.place.requireScrub();
      return count;
    });
  }

  descriptorIds(account: string, collectionId: string) {
    return this.place.read(() =>
      this.place
        .facesIn(this.place.collection(account, collectionId))
        .flatMap((face) => this.place.descriptorsOf(face).map(({ id }) => id))
        .toSorted((a, b) => a - b),
    );
  }

  descriptors(account: string, ids: readonly number[]) {
    return this.place.read((rows) =>
      ids.flatMap((id): StoredDescriptor[] => {
        const made = rows.descriptors.get(id);
        const face = made && rows.faces.get(made.face)!;
        if (made === undefined || this.place.accountOf(face!) !== account) return [];
        const { uid, reference, template: descriptor } = made;
        return [{ id, faceId: face!.faceId, uid, isForeign: reference === null, descriptor }];
      }),
    );
  }

  particulars(account: string, collectionId: string, faceIds: readonly string[]) {
    return this.place.read(() => {
      const all = this.place.facesIn(this.place.collection(account, collectionId));
      const found = all.filter(({ faceId }) => faceIds.includes(faceId));
      return new Map(
        found.map((face) => {
          const { id: number, faceId, document, live } = face;
          const quality = Math.max(0, ...this.place.referencesOf(face).map((each) => each.quality));
          return [faceId, { number, document, live, quality }];
        }),
      );
    });
  }

  personalData(account: string, collectionId: string, faceId: string) {
    return this.place.write((): PersonalData => {
      const face = this.place.face(account, collectionId, faceId);
      this.record({ kind: 'exported', what: 'person', faceId });
      const { document, email, signIns } = face;
      return {
        face: this.view(face),
        document,
        email,
        signIns: signIns.toReversed(),
        descriptors: this.place
          .descriptorsOf(face)
          .map(({ template }) =>
            this.place.protection(DESCRIPTOR_MODEL, DESCRIPTOR_LENGTH).recover(template),
          ),
        references: this.place.referencesOf(face).map(({ quality, source, createdAt, templates, image }) => ({
          quality,
          source,
          createdAt,
          templates: [...templates].flatMap(([modelId, kept]) =>
            kept === null
              ? []
              : [{ modelId, template: this.place.protection(modelId, kept.length).recover(kept) }],
          ),
          image: image?.bytes ?? null,
        })),
      };
    });
  }

  servingModel(account: string) {
    return this.place.read(({ servingModels }) => servingModels.get(account) ?? null);
  }

  modelCoverage(account: string, modelId: string) {
    return this.place.read(() => {
      const faces = this.#faces(account);
      const all = faces.map((face) => this.place.referencesOf(face));
      const references = all.flat();
      return {
        references: references.length,
        embedded: references.filter((each) => templateOf(each, modelId) !== null).length,
        images: references.filter(({ image }) => image !== null).length,
        pending: references.filter((each) => isPending(each, modelId)).length,
        faces: faces.length,
        reEnrol: all.filter((of) => !of.some((each) => isKnown(each, modelId))).length,
      };
    });
  }

  pendingReferences(account: string, modelId: string, limit: number) {
    return this.place.read(() => this.#pending(account, modelId).slice(0, limit));
  }

  referenceImage(account: string, referenceId: number) {
    return this.place.read(() => this.#owned(account, referenceId)?.image?.bytes ?? null);
  }

  dropImages(account: string, { before, earliest, now }: Record<'before' | 'earliest' | 'now', Date>) {
    return this.place.write(() =>
      this.#drop(this.#faces(account), ({ image }) => {
        const at = image!.createdAt;
        const isWrong = at < earliest.toISOString() || at > now.toISOString();
        return (isWrong ? now.toISOString() : at) < before.toISOString();
      }),
    );
  }

  dropImagesOf(account: string, collectionId: string, faceId: string) {
    return this.place.write(() => {
      const count = this.#drop([this.place.face(account, collectionId, faceId)], () => true);
      if (count > 0) this.record({ kind: 'face-updated', account, collectionId, faceId });
      return count;
    });
  }

  dropEmbeddedImages(account: string, modelId: string) {
    return this.place.write(() =>
      this.#drop(this.#faces(account), (reference) => templateOf(reference, modelId) !== null),
    );
  }

  addTemplates(account: string, modelId: string, templates: ReadonlyMap<number, Float32Array | null>) {
    return this.place.write(({ references }) => {
      let count = 0;
      for (const [referenceId, template] of templates) {
        const reference = this.#owned(account, referenceId);
        if (reference === null || reference.templates.has(modelId)) continue;
        const kept = template && this.place.kept(account, modelId, template);
        references.set(referenceId, {
          ...reference,
          templates: new Map([...reference.templates, [modelId, kept]]),
        });
        count++;
      }
      return count;
    });
  }

  switchModel(account: string, modelId: string) {
    return this.place.write(({ references, servingModels, lengths }) => {
      const from = servingModels.get(account) ?? null;
      if (this.#pending(account, modelId).length > 0) return false;
      servingModels.set(account, modelId);
      for (const name of lengths.keys()) {
        if (name.startsWith(`${account} `) && name !== `${account} ${modelId}`) lengths.delete(name);
      }
      for (const face of this.#faces(account)) {
        for (const reference of this.place.referencesOf(face)) {
          const templates = new Map([...reference.templates].filter(([made]) => made === modelId));
          references.set(reference.id, { ...reference, templates });
          if (templateOf(references.get(reference.id)!, modelId) === null && reference.image === null) {
            this.place.removeReferences(face, [reference.id]);
          }
        }
      }
      for (const { id } of this.place.collections(account)) this.place.changed(id, 1);
      if (from !== modelId) this.record({ kind: 'model-switched', account, from, to: modelId });
      return true;
    });
  }

  /** Nothing is sealed in memory. */
  inspectSealed() {
    return this.place.read(({ references, descriptors }) =>
      [...references.values()]
        .map(({ templates, image }) => [...templates.values(), image].filter((each) => each !== null).length)
        .reduce((sum, count) => sum + count, descriptors.size),
    );
  }

  #faces(account: string): FaceRow[] {
    return this.place.collections(account).flatMap((collection) => this.place.facesIn(collection));
  }

  #owned(account: string, referenceId: number): ReferenceRow | null {
    const reference = this.place.rows.references.get(referenceId);
    if (reference === undefined) return null;
    return this.place.accountOf(this.place.rows.faces.get(reference.face)!) === account ? reference : null;
  }

  #stored(reference: ReferenceRow, modelId: string): StoredReference[] {
    const template = templateOf(reference, modelId);
    if (template === null) return [];
    const { id: referenceId, face, source, createdAt } = reference;
    return [{ referenceId, faceId: this.place.rows.faces.get(face)!.faceId, template, source, createdAt }];
  }

  #pending(account: string, modelId: string): number[] {
    const faces = new Set(this.#faces(account).map(({ id }) => id));
    return [...this.place.rows.references.values()]
      .filter((each) => faces.has(each.face) && isPending(each, modelId))
      .map(({ id }) => id);
  }

  #drop(faces: readonly FaceRow[], isMeant: (reference: ReferenceRow) => boolean): number {
    const meant = faces
      .flatMap((face) => this.place.referencesOf(face))
      .filter((reference) => reference.image !== null && isMeant(reference));
    for (const each of meant) this.place.rows.references.set(each.id, { ...each, image: null });
    if (meant.length > 0) this.place.requireScrub();
    return meant.length;
  }
}

const templateOf = ({ templates }: ReferenceRow, modelId: string): Float32Array | null =>
  templates.get(modelId) ?? null;

const isPending = ({ image, templates }: ReferenceRow, modelId: string): boolean =>
  image !== null && !templates.has(modelId);

const isKnown = (reference: ReferenceRow, modelId: string): boolean =>
  templateOf(reference, modelId) !== null || isPending(reference, modelId);
