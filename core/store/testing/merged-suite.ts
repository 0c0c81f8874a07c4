import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SqlStore } from '../sql-store.ts';
import { newFaceId, newReference } from './made-up-faces.ts';
import { A, B } from './store-per-test.ts';

/** What a store of tables knows of references that another face had before. @param fresh makes a new, empty place */
export function describeMerged(fresh: () => Promise<() => Promise<SqlStore>>): void {
  describe('a reference that another face had', () => {
    let store: SqlStore;
    beforeEach(async () => {
      store = await (await fresh())();
      await store.createCollection(A, 'c');
    });
    afterEach(() => store.close());

    const enrol = async (): Promise<string> => {
      const { faceId } = await store.addFace(A, 'c', { faceId: newFaceId(), references: [newReference()] });
      return faceId;
    };
    /** All references of one face go to another one, and it goes. @returns their names */
    const move = (fromId: string, intoId: string): Promise<string[]> =>
      store.parts.sql.write(async (tx) => {
        const { faces, references } = store.parts;
        const from = (await faces.place(tx, A, fromId))!;
        const into = (await faces.place(tx, A, intoId))!;
        const rows = await references.rowsOf(tx, from.face);
        for (const row of rows) await references.insert(tx, into.collection, into.face, row);
        await references.noteCame(tx, { from: from.face, into: into.face, faceId: fromId });
        await faces.delete(tx, from.collection, fromId);
        return rows.map(({ uid }) => uid);
      });
    const cameFrom = (faceId: string, account = A) =>
      store.parts.sql.read((tx) => store.parts.references.cameFrom(tx, account, faceId));

    it('is known by that face, and by each it had before, in its account', async () => {
      const [one, two, three] = [await enrol(), await enrol(), await enrol()];
      const ofOne = await move(one, two);
      const ofBoth = await move(two, three);
      expect(ofBoth).toHaveLength(2);
      expect(await cameFrom(one)).toEqual(ofOne.map((uid) => ({ faceId: three, uid })));
      const came = await cameFrom(two);
      expect(came.map(({ uid }) => uid).toSorted()).toEqual(ofBoth.toSorted());
      expect(await cameFrom(three)).toEqual([]);
      expect(await cameFrom(one, B)).toEqual([]);
    });

    it('is forgotten with the reference, and with the face that has it', async () => {
      const [one, two, three] = [await enrol(), await enrol(), await enrol()];
      const { sql, faces, references } = store.parts;
      const uids = await move(one, two);
      await sql.write(async (tx) => references.remove(tx, (await faces.place(tx, A, two))!.face, uids));
      expect(await cameFrom(one)).toEqual([]);
      await move(two, three);
      await store.deleteFace(A, 'c', three);
      const left = await sql.read((tx) => tx.all('SELECT face_id FROM merged_references', []));
      expect(left).toEqual([]);
    });
  });
}
