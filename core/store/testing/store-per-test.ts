import { afterEach, beforeEach } from 'vitest';
import { AuditRecord, type Actor, type Face } from '#contract';
import { newFaceId, newReference, type OpenStore } from './made-up-faces.ts';
import type { NewReference } from '../records.ts';
import type { Store } from '../store.ts';

export const A = 'account-a';
export const B = 'account-b';
export interface StorePlace {
  /** The first handle, new for each test; its account A has the collection `c`. */
  readonly store: Store;
  readonly another: () => Promise<Store>;
  /** Enrols a face with one reference in `c`. */
  readonly enrol: (account: string, externalKey?: string | null, name?: string) => Promise<Face>;
  /** Enrols a face of account A in `c` with references made of these parts. */
  readonly enrolWith: (...parts: Partial<NewReference>[]) => Promise<Face>;
}

/** What the audit log says, in order: who did it, and what. */
export const auditOf = (store: Store): Promise<[Actor, AuditRecord['entry']][]> =>
  Array.fromAsync(store.audit.lines(), (line) => {
    const { actor, entry } = AuditRecord.parse(JSON.parse(line));
    return [actor, entry];
  });

/**
 * A store of its own for each test.
 * @param fresh makes a new, empty place
 * @param onOpen gets the first handle before each test
 */
export function storePerTest(
  fresh: () => Promise<OpenStore>,
  onOpen: (store: Store) => void = () => undefined,
): StorePlace {
  let open: OpenStore;
  let store: Store;
  const handles: Store[] = [];

  const another = async (): Promise<Store> => {
    const handle = await open();
    handles.push(handle);
    return handle;
  };

  beforeEach(async () => {
    open = await fresh();
    store = await another();
    await store.createCollection(A, 'c', 'Staff');
    onOpen(store);
  });

  afterEach(async () => {
    for (const handle of handles.splice(0)) await handle.close();
  });

  return {
    get store() {
      return store;
    },
    another,
    enrol: (account, externalKey = null, name) =>
      store.addFace(account, 'c', {
        faceId: newFaceId(),
        references: [newReference()],
        externalKey,
        metadata: name === undefined ? {} : { name },
      }),
    enrolWith: (...parts) =>
      store.addFace(A, 'c', {
        faceId: newFaceId(),
        references: parts.map((part) => ({ ...newReference(), ...part })),
      }),
  };
}
