import { randomBytes } from 'node:crypto';
import { PROTECTION_KEY_BYTES } from '#core/matching';
import { Acting } from './acting.ts';
import { WHOLE, type CollectionPart, type ReferencePage } from './records.ts';

/** What a store does with templates and images: the methods of the same names, for one actor. */
export abstract class TableReferences extends Acting {
  revision(account: string, collectionId: string) {
    return this.read((tx, { collections }) => collections.counter(tx, account, collectionId, 'revision'));
  }

  removals(account: string, collectionId: string) {
    return this.read((tx, { collections }) => collections.counter(tx, account, collectionId, 'removals'));
  }

  referenceIds(account: string, collectionId: string, modelId: string, page: ReferencePage = {}) {
    return this.read(
      async (tx, { collections, references }) =>
        await references.ids(tx, await collections.id(tx, account, collectionId), modelId, page),
    );
  }

  countReferences(account: string, collectionId: string, modelId: string, part: CollectionPart = WHOLE) {
    return this.read(
      async (tx, { collections, references }) =>
        await references.count(tx, await collections.id(tx, account, collectionId), modelId, part),
    );
  }

  references(account: string, modelId: string, referenceIds: readonly number[]) {
    return this.read((tx, { biometrics }) => biometrics.templates(tx, account, modelId, referenceIds));
  }

  faceReferences(account: string, collectionId: string, faceId: string, modelId: string) {
    return this.read(async (tx, { collections, faces, references, biometrics }) => {
      const face = await faces.id(tx, await collections.id(tx, account, collectionId), faceId);
      return await biometrics.templates(tx, account, modelId, await references.idsOf(tx, face));
    });
  }

  protect(modelId: string, template: Float32Array) {
    return this.read((tx, { biometrics }) => biometrics.protect(tx, modelId, template));
  }

  recover(modelId: string, kept: Float32Array) {
    return this.read((tx, { biometrics }) => biometrics.recover(tx, modelId, kept));
  }

  protectionId() {
    return this.read((tx, { biometrics }) => biometrics.protectionId(tx));
  }

  renewProtection(secret: Uint8Array = randomBytes(PROTECTION_KEY_BYTES)) {
    return this.write(async (tx, { biometrics, collections, descriptors, tombstones }) => {
      await descriptors.renew(tx, secret);
      const count = await biometrics.renew(tx, secret);
      await collections.renewed(tx);
      await this.record(tx, { kind: 'key-changed', what: 'template-protection', stage: 'done' });
      await tombstones.requireScrub(tx);
      return count;
    });
  }

  descriptorIds(account: string, collectionId: string) {
    return this.read(
      async (tx, { collections, descriptors }) =>
        await descriptors.ids(tx, await collections.id(tx, account, collectionId)),
    );
  }

  descriptors(account: string, ids: readonly number[]) {
    return this.read((tx, { descriptors }) => descriptors.get(tx, account, ids));
  }

  servingModel(account: string) {
    return this.read((tx, { models }) => models.get(tx, account));
  }

  modelCoverage(account: string, modelId: string) {
    return this.read((tx, { models }) => models.coverage(tx, account, modelId));
  }

  pendingReferences(account: string, modelId: string, limit: number) {
    return this.read((tx, { models }) => models.pending(tx, account, modelId, limit));
  }

  referenceImage(account: string, referenceId: number) {
    return this.read((tx, { biometrics }) => biometrics.image(tx, account, referenceId));
  }

  dropImages(account: string, { before, earliest, now }: Record<'before' | 'earliest' | 'now', Date>) {
    return this.write(async (tx, { biometrics, tombstones }) => {
      await biometrics.mendTimes(tx, earliest.toISOString(), now.toISOString());
      const count = await biometrics.dropImages(tx, account, before.toISOString());
      if (count > 0) await tombstones.requireScrub(tx);
      return count;
    });
  }

  dropImagesOf(account: string, collectionId: string, faceId: string) {
    return this.write(async (tx, { collections, faces, biometrics, tombstones }) => {
      const face = await faces.id(tx, await collections.id(tx, account, collectionId), faceId);
      const count = await biometrics.dropImagesOf(tx, face);
      if (count > 0) {
        await this.record(tx, { kind: 'face-updated', account, collectionId, faceId });
        await tombstones.requireScrub(tx);
      }
      return count;
    });
  }

  dropEmbeddedImages(account: string, modelId: string) {
    return this.write(async (tx, { biometrics, tombstones }) => {
      const count = await biometrics.dropEmbeddedImages(tx, account, modelId);
      if (count > 0) await tombstones.requireScrub(tx);
      return count;
    });
  }

  addTemplates(account: string, modelId: string, templates: ReadonlyMap<number, Float32Array | null>) {
    const late = [...templates].map(([reference, template]) => ({ reference, modelId, template }));
    return this.write((tx, { references }) => references.addLate(tx, account, late));
  }

  switchModel(account: string, modelId: string) {
    return this.write(async (tx, { models }) => {
      const from = await models.get(tx, account);
      if (!(await models.switch(tx, account, modelId))) return false;
      if (from !== modelId) await this.record(tx, { kind: 'model-switched', account, from, to: modelId });
      return true;
    });
  }

  inspectSealed() {
    return this.read(
      async (tx, { biometrics, descriptors }) =>
        (await biometrics.inspect(tx)) + (await descriptors.inspect(tx)),
    );
  }
}
