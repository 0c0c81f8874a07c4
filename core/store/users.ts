import type { NewEvent } from '#contract';
import { Acting } from './acting.ts';
import { noteBeside } from './beside.ts';
import { requireRoom } from './disk/room.ts';
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
    return this.read((tx, { collections, profiles }) =>
      profiles.list(tx, collections.id(tx, account, collectionId), query),
    );
  }

  get(account: string, collectionId: string, userId: string): Promise<User> {
    return this.read((tx, { collections, profiles }) =>
      profiles.get(tx, collections.id(tx, account, collectionId), userId),
    );
  }

  withEmail(account: string, email: string): Promise<string | null> {
    return this.read((tx, { profiles }) => profiles.withEmail(tx, account, email)?.userId ?? null);
  }

  templates(account: string, collectionId: string, faceId: string): Promise<UserTemplate[]> {
    return this.read((tx, { collections, faces, profiles }) =>
      profiles.templates(tx, faces.id(tx, collections.id(tx, account, collectionId), faceId)),
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
    return this.write((tx, parts) => {
      const { collections, faces, biometrics, descriptors, tombstones, outbox } = parts;
      requireRoom(this.folder);
      const collection = collections.id(tx, account, collectionId);
      tombstones.refuse(tx, account, faceId);
      const now = new Date().toISOString();
      const id = faces.add(tx, collection, { faceId, references: [], externalKey, metadata }, now);
      biometrics.addFaceKey(tx, id);
      const uid = descriptors.add(tx, id, null, descriptor, quality, now);
      noteBeside(tx, parts, account, faceId, id, { ...(email !== null && { email }), events });
      collections.changed(tx, collection);
      const place = { collectionId, faceId };
      this.record(tx, { kind: 'enrolled', account, ...place, references: 0 });
      this.record(tx, { kind: 'descriptor-added', account, ...place });
      outbox.add(tx, account, 'face-added', place, { externalKey, metadata, uids: [] });
      return uid;
    });
  }

  addDescriptor(account: string, collectionId: string, added: NewDescriptor, most: number): Promise<string> {
    return this.write((tx, parts) => {
      const { collections, faces, descriptors, profiles, tombstones } = parts;
      const { faceId, email, events, descriptor, quality } = added;
      requireRoom(this.folder);
      const collection = collections.id(tx, account, collectionId);
      const face = faces.id(tx, collection, faceId);
      const now = new Date().toISOString();
      if (profiles.templates(tx, face).length >= most) {
        descriptors.removeOldest(tx, face);
        tombstones.requireScrub(tx);
      }
      const uid = descriptors.add(tx, face, null, descriptor, quality, now);
      noteBeside(tx, parts, account, faceId, face, { ...(email !== null && { email }), events });
      faces.touch(tx, face, now);
      collections.changed(tx, collection);
      this.record(tx, { kind: 'descriptor-added', account, collectionId, faceId });
      return uid;
    });
  }

  removeTemplate(account: string, collectionId: string, uid: string, events: EventsOfUser): Promise<void> {
    return this.write(
      (tx, { collections, descriptors, outbox, profiles, references, tombstones, webhooks }) => {
        const collection = collections.id(tx, account, collectionId);
        const { face, faceId, ...user } = profiles.ownerOf(tx, collection, uid);
        const place = { collectionId, faceId };
        if (references.remove(tx, face, [uid]) > 0) {
          this.record(tx, { kind: 'references-removed', account, ...place, references: 1 });
          outbox.add(tx, account, 'references-removed', place, { ...place, uids: [uid] });
        } else {
          descriptors.remove(tx, face, uid);
          this.record(tx, { kind: 'descriptor-removed', account, ...place });
        }
        collections.changed(tx, collection);
        tombstones.requireScrub(tx);
        webhooks.announce(tx, account, faceId, events(user), new Date());
      },
    );
  }

  signIn(
    account: string,
    collectionId: string,
    faceId: string,
    { uid, events, ...signIn }: NewSignIn,
  ): Promise<void> {
    return this.write((tx, { collections, faces, profiles, webhooks }) => {
      const face = faces.id(tx, collections.id(tx, account, collectionId), faceId);
      const now = new Date();
      profiles.signIn(tx, face, { ...signIn, at: now.toISOString() }, uid);
      webhooks.announce(tx, account, faceId, events, now);
    });
  }

  signIns(
    account: string,
    collectionId: string,
    faceId: string,
    query: { offset: number; limit: number; isSuccess: boolean | null },
  ): Promise<{ signIns: SignIn[]; total: number }> {
    return this.read((tx, { collections, faces, profiles }) =>
      profiles.signIns(tx, faces.id(tx, collections.id(tx, account, collectionId), faceId), query),
    );
  }

  delete(
    account: string,
    collectionId: string,
    userId: string,
    events: (user: User) => readonly NewEvent[],
  ): Promise<{ templates: number; signIns: number }> {
    return this.write((tx, { collections, faces, externalKeys, profiles, webhooks }) => {
      const collection = collections.id(tx, account, collectionId);
      const user = profiles.get(tx, collection, userId);
      const held = faces
        .withExternalKey(tx, collection, userId)
        .map((faceId) => faces.id(tx, collection, faceId));
      const templates = held.reduce((sum, face) => sum + profiles.templates(tx, face).length, 0);
      const all = { offset: 0, limit: 0, isSuccess: null };
      const signIns = held.reduce((sum, face) => sum + profiles.signIns(tx, face, all).total, 0);
      externalKeys.deleteFaces(tx, this.actor, account, collectionId, userId);
      webhooks.announce(tx, account, user.faceId, events(user), new Date());
      return { templates, signIns };
    });
  }
}
