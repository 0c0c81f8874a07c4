import { z } from 'zod';
import { FaceId, LintelError } from '#contract';
import type { SignIn, User, UserPage, UserQuery, UserTemplate } from '../records.ts';
import type { ReadTx, WriteTx } from '../sql/transactions.ts';

/** Of the newest verifications, so many are kept of each person. */
export const KEPT_SIGN_INS = 1000;

const UserRow = z.object({
  faceId: FaceId,
  userId: z.string(),
  email: z.string().nullable(),
  createdAt: z.string(),
  lastLogin: z.string().nullable(),
  successes: z.int(),
  failures: z.int(),
  templates: z.int(),
  quality: z.number().nullable(),
});
const TemplateRow = z.object({
  uid: z.string(),
  quality: z.number(),
  createdAt: z.string(),
  uses: z.int(),
  lastUsed: z.string().nullable(),
});
const SignInRow = z.object({
  id: z.int(),
  isSuccess: z.int().transform(Boolean),
  similarity: z.number(),
  address: z.string(),
  userAgent: z.string(),
  at: z.string(),
});
const Total = z.object({ total: z.int() });
const OwnerRow = z.object({
  face: z.int(),
  faceId: FaceId,
  userId: z.string(),
  email: z.string().nullable(),
});
const EmailRow = z.object({ email: z.string().nullable() });
const FoundRow = z.object({ userId: z.string().nullable(), face: z.int() });

/** All templates of a face: its references, and descriptors that clients sent. */
const TEMPLATES = `(SELECT face, uid, quality, created_at FROM face_references
  UNION ALL SELECT face, uid, quality, created_at FROM descriptors WHERE reference IS NULL)`;

/** Of several faces with one key the first is the user. */
const USERS = `FROM faces LEFT JOIN profiles ON profiles.face = faces.id
  WHERE faces.collection = @collection AND external_key IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM faces AS earlier WHERE earlier.collection = faces.collection
      AND earlier.external_key = faces.external_key AND earlier.id < faces.id)`;

const COLUMNS = `face_id AS "faceId", external_key AS "userId", email, created_at AS "createdAt", last_login AS "lastLogin",
  coalesce(successes, 0) AS successes, coalesce(failures, 0) AS failures,
  (SELECT count(*) FROM ${TEMPLATES} AS made WHERE face = faces.id) AS templates,
  (SELECT avg(quality) FROM ${TEMPLATES} AS made WHERE face = faces.id) AS quality`;

/** People as an API with sign-ins knows them; `collection` and `face` are the ids of rows. */
export class Profiles {
  async list(tx: ReadTx, collection: number, { offset, limit, newestFirst }: UserQuery): Promise<UserPage> {
    const order = newestFirst ? 'DESC' : 'ASC';
    const users = await tx.all(
      `SELECT ${COLUMNS} ${USERS} ORDER BY created_at ${order}, faces.id ${order} LIMIT @limit OFFSET @offset`,
      { collection, limit, offset },
    );
    const { total } = Total.parse(await tx.get(`SELECT count(*) AS total ${USERS}`, { collection }));
    return { users: z.array(UserRow).parse(users), total };
  }

  /** @throws `user-not-found` */
  async get(tx: ReadTx, collection: number, userId: string): Promise<User> {
    const found = `SELECT ${COLUMNS} ${USERS} AND external_key = @userId`;
    const row = await tx.get(found, { collection, userId });
    if (row === undefined) throw new LintelError('user-not-found');
    return UserRow.parse(row);
  }

  /** The user who has an address, or null. */
  async withEmail(tx: ReadTx, account: string, email: string): Promise<z.infer<typeof FoundRow> | null> {
    const row = await tx.get(
      `SELECT external_key AS "userId", face FROM profiles JOIN faces ON faces.id = face
       JOIN collections ON collections.id = faces.collection WHERE email = ? AND account = ?`,
      [email, account],
    );
    return row === undefined ? null : FoundRow.parse(row);
  }

  async emailOf(tx: ReadTx, face: number): Promise<string | null> {
    const row = await tx.get('SELECT email FROM profiles WHERE face = ?', [face]);
    return row === undefined ? null : EmailRow.parse(row).email;
  }

  /** @throws `email-exists` where somebody else of the account has it */
  async setEmail(tx: WriteTx, account: string, face: number, email: string): Promise<void> {
    const holder = await this.withEmail(tx, account, email);
    if (holder !== null && holder.face !== face) throw new LintelError('email-exists');
    await tx.run(
      `INSERT INTO profiles (face, email) VALUES (?, ?)
       ON CONFLICT (face) DO UPDATE SET email = excluded.email`,
      [face, email],
    );
  }

  /** Whose template this is; of several people with a template of this name the first. @throws `user-template-not-found` */
  async ownerOf(tx: ReadTx, collection: number, uid: string): Promise<z.infer<typeof OwnerRow>> {
    const row = await tx.get(
      `SELECT faces.id AS face, face_id AS "faceId", external_key AS "userId", email FROM ${TEMPLATES} AS made
       JOIN faces ON faces.id = made.face LEFT JOIN profiles ON profiles.face = faces.id
       WHERE collection = ? AND uid = ? AND external_key IS NOT NULL ORDER BY faces.id LIMIT 1`,
      [collection, uid],
    );
    if (row === undefined) throw new LintelError('user-template-not-found');
    return OwnerRow.parse(row);
  }

  /** Oldest first. */
  async templates(tx: ReadTx, face: number): Promise<UserTemplate[]> {
    const rows = await tx.all(
      `SELECT made.uid, quality, created_at AS "createdAt", coalesce(uses, 0) AS uses, last_used AS "lastUsed"
       FROM ${TEMPLATES} AS made LEFT JOIN template_uses USING (face, uid)
       WHERE face = ? ORDER BY created_at, made.uid`,
      [face],
    );
    return z.array(TemplateRow).parse(rows);
  }

  /** Note a verification. @param uid of the template that matched; null: none */
  async signIn(tx: WriteTx, face: number, signIn: Omit<SignIn, 'id'>, uid: string | null): Promise<void> {
    const { isSuccess, similarity, address, userAgent, at } = signIn;
    await tx.run(
      `INSERT INTO profiles (face, successes, failures, last_login) VALUES (@face, @successes, @failures, @last)
       ON CONFLICT (face) DO UPDATE SET successes = profiles.successes + excluded.successes,
         failures = profiles.failures + excluded.failures,
         last_login = coalesce(excluded.last_login, profiles.last_login)`,
      { face, successes: Number(isSuccess), failures: Number(!isSuccess), last: isSuccess ? at : null },
    );
    const id = await tx.insert(
      'INSERT INTO sign_ins (face, is_success, similarity, address, user_agent, at) VALUES (?, ?, ?, ?, ?, ?)',
      [face, Number(isSuccess), similarity, address, userAgent, at],
    );
    await tx.run(
      `DELETE FROM sign_ins WHERE face = ? AND id <= (
         SELECT id FROM sign_ins WHERE face = ? AND id <= ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
      [face, face, id, KEPT_SIGN_INS],
    );
    if (uid === null) return;
    await tx.run(
      `INSERT INTO template_uses (face, uid, uses, last_used) VALUES (?, ?, 1, ?)
       ON CONFLICT (face, uid) DO UPDATE SET uses = template_uses.uses + 1, last_used = excluded.last_used`,
      [face, uid, at],
    );
  }

  /** The newest first. @param isSuccess only such; null: all */
  async signIns(
    tx: ReadTx,
    face: number,
    { offset, limit, isSuccess }: { offset: number; limit: number; isSuccess: boolean | null },
  ): Promise<{ signIns: SignIn[]; total: number }> {
    const some =
      'FROM sign_ins WHERE face = @face AND (CAST(@wanted AS BIGINT) IS NULL OR is_success = @wanted)';
    const filter = { face, wanted: isSuccess === null ? null : Number(isSuccess) };
    const rows = await tx.all(
      `SELECT id, is_success AS "isSuccess", similarity, address, user_agent AS "userAgent", at ${some}
       ORDER BY id DESC LIMIT @limit OFFSET @offset`,
      { ...filter, limit, offset },
    );
    const { total } = Total.parse(await tx.get(`SELECT count(*) AS total ${some}`, filter));
    return { signIns: z.array(SignInRow).parse(rows), total };
  }

  /** Whether a face has a profile: the scrubber then cannot search the file for all that is kept of the face. */
  async has(tx: ReadTx, collection: number, faceId: string): Promise<boolean> {
    const found = `SELECT 1 FROM profiles JOIN faces ON faces.id = face WHERE collection = ? AND face_id = ?`;
    return (await tx.get(found, [collection, faceId])) !== undefined;
  }
}
