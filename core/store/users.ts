import type { NewEvent } from '#contract';
import { Acting } from './acting.ts';
import { noteBeside } from './beside.ts';
import type { UserStore } from './stores.ts';
import type {
  NewDescriptor,
  NewSignIn,
  EventsOfUser,
  NewUser,
  SignIn,
  User,
  UserPage,
  UserQuery,
  UserTemplate,
} from './records.ts';

/**
 * Users of a collection, for an API with sign-ins: a user is a face with an external key. The data of a user are deleted
 * with the face. Each change stores its webhook events in its own transaction.
 */
export class Users extends Acting implements UserStore {
  list(account: string, collectionId: string, query: UserQuery): Promise<UserPage> {
    return this.read(
      async (tx, { collections, profiles }) =>
        await profiles.list(tx, await collections.id(tx, account, collectionId), query),
    );
  }

  get(account: string, collectionId: string, userId: string): Promise<User> {
    return this.read(
      async (tx, { collections, profiles }) =>
        await profiles.get(tx, await collections.id(tx, account, collectionId), userId),
    );
  }

  withEmail(account: string, email: string): Promise<string | null> {
    return this.read(
      async (tx, { profiles }) => (await profiles.withEmail(tx, account, email))?.userId ?? null,
    );
  }

  templates(account: string, collectionId: string, faceId: string): Promise<UserTemplate[]> {
    return this.read(
      async (tx, { collections, faces, profiles }) =>
        await profiles.templates(
          tx,
          await faces.id(tx, await collections.id(tx, account, collectionId), faceId),
        ),
    );
  }

  nameOf(account: string, referenceId: number): Promise<string | null> {
    return this.read((tx, { references }) => references.uidOf(tx, account, referenceId));
  }

  enrolByDescriptor(
    account: string,
    collectionId: string,
    { faceId, externalKey, metadata, email, events, descriptor, quality }: NewUser,
  ): Promise<string> {
    return this.write(async (tx, parts) => {
      const { collections, faces, biometrics, descriptors, tombstones, outbox } = parts;
      this.parts.engine.requireRoom();
      const collection = await collections.id(tx, account, collectionId);
      await tombstones.refuse(tx, account, faceId);
      const now = new Date().toISOString();
      const id = await faces.add(tx, collection, { faceId, references: [], externalKey, metadata }, now);
      await biometrics.addFaceKey(tx, id);
      const uid = await descriptors.add(tx, id, null, descriptor, quality, now);
      await noteBeside(tx, parts, account, faceId, id, { ...(email !== null && { email }), events });
      await collections.changed(tx, collection);
      const place = { collectionId, faceId };
      await this.record(tx, { kind: 'enrolled', account, ...place, references: 0 });
      await this.record(tx, { kind: 'descriptor-added', account, ...place });
      await outbox.add(tx, account, 'face-added', place, { externalKey, metadata, uids: [] });
      return uid;
    });
  }

  addDescriptor(account: string, collectionId: string, added: NewDescriptor, most: number): Promise<string> {
    return this.write(async (tx, parts) => {
      const { collections, faces, descriptors, profiles, tombstones } = parts;
      const { faceId, email, events, descriptor, quality } = added;
      this.parts.engine.requireRoom();
      const collection = await collections.id(tx, account, collectionId);
      const face = await faces.id(tx, collection, faceId);
      const now = new Date().toISOString();
      if ((await profiles.templates(tx, face)).length >= most) {
        await descriptors.removeOldest(tx, face);
        await tombstones.requireScrub(tx);
      }
      const uid = await descriptors.add(tx, face, null, descriptor, quality, now);
      await noteBeside(tx, parts, account, faceId, face, { ...(email !== null && { email }), events });
      await faces.touch(tx, face, now);
      await collections.changed(tx, collection);
      await this.record(tx, { kind: 'descriptor-added', account, collectionId, faceId });
      return uid;
    });
  }

  removeTemplate(account: string, collectionId: string, uid: string, events: EventsOfUser): Promise<void> {
    return this.write(
      async (tx, { collections, descriptors, outbox, profiles, references, tombstones, webhooks }) => {
        const collection = await collections.id(tx, account, collectionId);
        const { face, faceId, ...user } = await profiles.ownerOf(tx, collection, uid);
        const place = { collectionId, faceId };
        if ((await references.remove(tx, face, [uid])) > 0) {
          await this.record(tx, { kind: 'references-removed', account, ...place, references: 1 });
          await outbox.add(tx, account, 'references-removed', place, { ...place, uids: [uid] });
        } else {
          await descriptors.remove(tx, face, uid);
          await this.record(tx, { kind: 'descriptor-removed', account, ...place });
        }
        await collections.changed(tx, collection);
        await tombstones.requireScrub(tx);
        await webhooks.announce(tx, account, faceId, events(user), new Date());
      },
    );
  }

  signIn(
    account: string,
    collectionId: string,
    faceId: string,
    { uid, events, ...signIn }: NewSignIn,
  ): Promise<void> {
    return this.write(async (tx, { collections, faces, profiles, webhooks }) => {
      const face = await faces.id(tx, await collections.id(tx, account, collectionId), faceId);
      const now = new Date();
      await profiles.signIn(tx, face, { ...signIn, at: now.toISOString() }, uid);
      await webhooks.announce(tx, account, faceId, events, now);
    });
  }

  signIns(
    account: string,
    collectionId: string,
    faceId: string,
    query: { offset: number; limit: number; isSuccess: boolean | null },
  ): Promise<{ signIns: SignIn[]; total: number }> {
    return this.read(
      async (tx, { collections, faces, profiles }) =>
        await profiles.signIns(
          tx,
          await faces.id(tx, await collections.id(tx, account, collectionId), faceId),
          query,
        ),
    );
  }

  delete(
    account: string,
    collectionId: string,
    userId: string,
    events: (user: User) => readonly NewEvent[],
  ): Promise<{ templates: number; signIns: number }> {
    return this.write(async (tx, { collections, faces, externalKeys, profiles, webhooks }) => {
      const collection = await collections.id(tx, account, collectionId);
      const user = await profiles.get(tx, collection, userId);
      const all = { offset: 0, limit: 0, isSuccess: null };
      let [templates, signIns] = [0, 0];
      for (const faceId of await faces.withExternalKey(tx, collection, userId)) {
        const face = await faces.id(tx, collection, faceId);
        templates += (await profiles.templates(tx, face)).length;
        signIns += (await profiles.signIns(tx, face, all)).total;
      }
      await externalKeys.deleteFaces(tx, this.actor, account, collectionId, userId);
      await webhooks.announce(tx, account, user.faceId, events(user), new Date());
      return { templates, signIns };
    });
  }
}
