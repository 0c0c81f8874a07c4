import { z } from 'zod';
import type { FaceParticulars } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

const Row = z.object({
  faceId: z.string(),
  number: z.int(),
  document: z.string().nullable(),
  live: z.number().nullable(),
  quality: z.number().nullable(),
});
const AutoEnrolRow = z.object({ autoEnrol: z.int().transform(Boolean) });

/** What only the APIs of a server know of faces; `collection` and `face` are the ids of rows. */
export class Particulars {
  /** By face id; faces that are gone are left out. */
  async of(
    tx: ReadTx,
    collection: number,
    faceIds: readonly string[],
  ): Promise<Map<string, FaceParticulars>> {
    const rows = await tx.all(
      `SELECT face_id AS "faceId", faces.id AS number, document, live,
         (SELECT max(quality) FROM face_references WHERE face_references.face = faces.id) AS quality
       FROM faces LEFT JOIN face_particulars ON face_particulars.face = faces.id
       WHERE collection = ? AND face_id IN (SELECT value FROM json_each(?))`,
      [collection, JSON.stringify(faceIds)],
    );
    const known = z.array(Row).parse(rows);
    return new Map(known.map(({ faceId, quality, ...row }) => [faceId, { ...row, quality: quality ?? 0 }]));
  }

  async add(tx: WriteTx, face: number, document: string | null, live: number | null): Promise<void> {
    await tx.run('INSERT INTO face_particulars (face, document, live) VALUES (?, ?, ?)', [
      face,
      document,
      live,
    ]);
  }

  async setDocument(tx: WriteTx, face: number, document: string): Promise<void> {
    await tx.run(
      `INSERT INTO face_particulars (face, document) VALUES (?, ?)
       ON CONFLICT (face) DO UPDATE SET document = excluded.document`,
      [face, document],
    );
  }

  /** Whether a face has a document, whose traces nobody can list. */
  async hasDocument(tx: ReadTx, collection: number, faceId: string): Promise<boolean> {
    const found = `SELECT 1 FROM face_particulars JOIN faces ON faces.id = face
      WHERE collection = ? AND face_id = ? AND document IS NOT NULL`;
    return (await tx.get(found, [collection, faceId])) !== undefined;
  }

  async autoEnrols(tx: ReadTx, collection: number): Promise<boolean> {
    const row = await tx.get('SELECT auto_enrol AS "autoEnrol" FROM collections WHERE id = ?', [collection]);
    return AutoEnrolRow.parse(row).autoEnrol;
  }

  async setAutoEnrol(tx: WriteTx, collection: number, autoEnrol: boolean): Promise<void> {
    await tx.run('UPDATE collections SET auto_enrol = ? WHERE id = ?', [Number(autoEnrol), collection]);
  }
}
