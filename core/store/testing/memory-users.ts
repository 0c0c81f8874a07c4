import { LintelError, type NewEvent } from '#contract';
import type {
  EventsOfUser,
  NewDescriptor,
  NewSignIn,
  NewUser,
  User,
  UserQuery,
  UserTemplate,
} from '../records.ts';
import type { UserStore } from '../stores.ts';
import { KEPT_SIGN_INS } from '../tables/profiles.ts';
import { addDescriptor, insertFace } from './memory-enrolment.ts';
import { announce, note, withEmail } from './memory-notes.ts';
import { InMemory } from './in-memory.ts';
import type { FaceRow } from './memory-rows.ts';

type Template = UserTemplate & { readonly id: number; readonly isForeign: boolean };

export class MemoryUsers extends InMemory implements UserStore {
  list(account: string, collectionId: string, { offset, limit, newestFirst }: UserQuery) {
    return this.place.read(() => {
      const all = this.#users(account, collectionId);
      const ordered = newestFirst ? all.toReversed() : all;
      const page = ordered.slice(offset, limit < 0 ? undefined : offset + limit);
      return { users: page.map((face) => this.#view(face)), total: all.length };
    });
  }

  get(account: string, collectionId: string, userId: string) {
    return this.place.read(() => this.#view(this.#get(account, collectionId, userId)));
  }

  withEmail(account: string, email: string) {
    return this.place.read(() => withEmail(this.place, account, email)?.externalKey ?? null);
  }

  templates(account: string, collectionId: string, faceId: string) {
    return this.place.read((): UserTemplate[] =>
      this.#templates(this.place.face(account, collectionId, faceId)).map(
        ({ id: _id, isForeign: _isForeign, ...template }) => template,
      ),
    );
  }

  nameOf(account: string, referenceId: number) {
    return this.place.read(({ references, faces }) => {
      const reference = references.get(referenceId);
      const face = reference && faces.get(reference.face);
      return face !== undefined && this.place.accountOf(face) === account ? reference!.uid : null;
    });
  }

  enrolByDescriptor(account: string, collectionId: string, user: NewUser) {
    return this.place.write(() => {
      const { faceId, email, events, descriptor, quality } = user;
      const face = insertFace(this.place, account, collectionId, user);
      const uid = addDescriptor(this.place, face, descriptor, quality, null);
      note(this.place, account, face, { ...(email !== null && { email }), events });
      this.place.changed(face.collection);
      const place = { account, collectionId, faceId };
      this.record({ kind: 'enrolled', ...place, references: 0 });
      this.record({ kind: 'descriptor-added', ...place });
      return uid;
    });
  }

  addDescriptor(account: string, collectionId: string, added: NewDescriptor, most: number) {
    return this.place.write(({ descriptors }) => {
      const { faceId, email, events, descriptor, quality } = added;
      const face = this.place.face(account, collectionId, faceId);
      if (this.#templates(face).length >= most) {
        const oldest = this.place.descriptorsOf(face).find(({ reference }) => reference === null);
        if (oldest !== undefined) descriptors.delete(oldest.id);
        this.place.requireScrub();
      }
      const uid = addDescriptor(this.place, face, descriptor, quality, null);
      note(this.place, account, face, { ...(email !== null && { email }), events });
      this.place.update(face, { updatedAt: new Date().toISOString() });
      this.place.changed(face.collection);
      this.record({ kind: 'descriptor-added', account, collectionId, faceId });
      return uid;
    });
  }

  removeTemplate(account: string, collectionId: string, uid: string, events: EventsOfUser) {
    return this.place.write(({ descriptors }) => {
      const faces = this.place.facesIn(this.place.collection(account, collectionId));
      const has = (face: FaceRow) => this.#templates(face).find((template) => template.uid === uid);
      const face = faces.find((each) => each.externalKey !== null && has(each) !== undefined);
      if (face === undefined) throw new LintelError('user-template-not-found');
      const { id, isForeign } = has(face)!;
      const place = { account, collectionId, faceId: face.faceId };
      if (isForeign) {
        descriptors.delete(id);
        this.record({ kind: 'descriptor-removed', ...place });
      } else {
        this.place.removeReferences(face, [id]);
        this.record({ kind: 'references-removed', ...place, references: 1 });
      }
      this.place.changed(face.collection);
      this.place.requireScrub();
      const { externalKey, email } = face;
      announce(this.place, account, face.faceId, events({ userId: externalKey!, email }));
    });
  }

  signIn(account: string, collectionId: string, faceId: string, { uid, events, ...signIn }: NewSignIn) {
    return this.place.write(() => {
      const face = this.place.face(account, collectionId, faceId);
      const at = new Date().toISOString();
      const uses = new Map(face.uses);
      if (uid !== null) uses.set(uid, { uses: (uses.get(uid)?.uses ?? 0) + 1, lastUsed: at });
      this.place.update(face, {
        successes: face.successes + Number(signIn.isSuccess),
        failures: face.failures + Number(!signIn.isSuccess),
        lastLogin: signIn.isSuccess ? at : face.lastLogin,
        signIns: [...face.signIns, { ...signIn, id: this.place.nextId(), at }].slice(-KEPT_SIGN_INS),
        uses,
      });
      announce(this.place, account, faceId, events);
    });
  }

  signIns(
    account: string,
    collectionId: string,
    faceId: string,
    { offset, limit, isSuccess }: { offset: number; limit: number; isSuccess: boolean | null },
  ) {
    return this.place.read(() => {
      const all = this.place
        .face(account, collectionId, faceId)
        .signIns.filter((each) => isSuccess === null || each.isSuccess === isSuccess);
      const page = all.toReversed().slice(offset, limit < 0 ? undefined : offset + limit);
      return { signIns: page, total: all.length };
    });
  }

  delete(account: string, collectionId: string, userId: string, events: (user: User) => readonly NewEvent[]) {
    return this.place.write(() => {
      const user = this.#view(this.#get(account, collectionId, userId));
      const held = this.place
        .facesIn(this.place.collection(account, collectionId))
        .filter(({ externalKey }) => externalKey === userId);
      const templates = held.reduce((sum, face) => sum + this.#templates(face).length, 0);
      const signIns = held.reduce((sum, face) => sum + face.signIns.length, 0);
      for (const face of held) {
        const entry = { kind: 'face-deleted', account, collectionId, faceId: face.faceId } as const;
        this.place.bury(face, this.record(entry).n);
      }
      announce(this.place, account, user.faceId, events(user));
      return { templates, signIns };
    });
  }

  /** Of several faces with one key the first. */
  #users(account: string, collectionId: string): FaceRow[] {
    const seen = new Set<string | null>([null]);
    return this.place.facesIn(this.place.collection(account, collectionId)).filter(({ externalKey }) => {
      const isNew = !seen.has(externalKey);
      seen.add(externalKey);
      return isNew;
    });
  }

  #get(account: string, collectionId: string, userId: string): FaceRow {
    const found = this.#users(account, collectionId).find(({ externalKey }) => externalKey === userId);
    if (found === undefined) throw new LintelError('user-not-found');
    return found;
  }

  #view(face: FaceRow): User {
    const { faceId, externalKey, email, createdAt, lastLogin, successes, failures } = face;
    const templates = this.#templates(face);
    const sum = templates.reduce((all, { quality }) => all + quality, 0);
    const quality = templates.length === 0 ? null : sum / templates.length;
    const counts = { successes, failures, templates: templates.length, quality };
    return { faceId, userId: externalKey!, email, createdAt, lastLogin, ...counts };
  }

  /** Oldest first. */
  #templates(face: FaceRow): Template[] {
    const sent = this.place.descriptorsOf(face).filter(({ reference }) => reference === null);
    const made = [
      ...this.place.referencesOf(face).map((row) => ({ ...row, isForeign: false })),
      ...sent.map((row) => ({ ...row, isForeign: true })),
    ];
    return made
      .map(({ id, uid, quality, createdAt, isForeign }) => {
        const { uses, lastUsed } = face.uses.get(uid) ?? { uses: 0, lastUsed: null };
        return { id, uid, quality, createdAt, uses, lastUsed, isForeign };
      })
      .toSorted((a, b) => (`${a.createdAt} ${a.uid}` < `${b.createdAt} ${b.uid}` ? -1 : 1));
  }
}
