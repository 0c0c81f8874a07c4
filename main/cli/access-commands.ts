import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AccessPolicy, GrantLevel, LintelError, PersonAccess, withoutMark } from '#contract';
import { LOCAL_ACCOUNT } from '#core/store';
import { decideAccess } from '../doors/index.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';

/** More is no policy that a person wrote. */
const MOST_BYTES = 1_000_000;

/** A document that somebody wrote by hand. @throws LintelError `usage` that names what is wrong, and never what it is */
export async function readDocument<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readFile(file === '-' ? '/dev/stdin' : file, 'utf8').catch((error: unknown) => {
    throw new LintelError('usage', `${file} cannot be read.`, { cause: error });
  });
  if (text.length > MOST_BYTES) throw new LintelError('usage', `${file} is too long.`);
  let value: unknown;
  try {
    value = JSON.parse(withoutMark(text));
  } catch {
    throw new LintelError('usage', `${file} is no JSON.`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new LintelError('usage', `${file}: ${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

export async function showAccess(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ door }) => {
    const policy = await door.policy();
    return {
      json: { policy },
      text: policy === null ? 'Everybody who is enrolled, at any time.' : JSON.stringify(policy, null, 2),
    };
  });
}

/** Counts from the next visit on, also at an appliance that runs. @throws LintelError `usage` */
export async function setAccess(file: string, options: InStore): Promise<Answer> {
  const policy = await readDocument(file, AccessPolicy);
  return await withStore(options, async ({ door }) => {
    await door.setPolicy(policy);
    return { json: { policy }, text: `${policy.rules.length} rule(s) are in force.` };
  });
}

export async function removeAccess(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ door }) => {
    await door.setPolicy(null);
    return { json: { policy: null }, text: 'No rules: everybody who is enrolled, at any time.' };
  });
}

interface Check extends InStore {
  readonly collection: string;
  readonly face?: string;
  readonly key?: string;
  readonly at?: string;
  readonly level: string;
}

/** What the rules say about a person at a moment, and why. @throws LintelError `usage`, `face-not-found` */
export async function checkAccess(options: Check): Promise<Answer> {
  const { collection, face, key, at } = options;
  const level = GrantLevel.safeParse(options.level);
  if (!level.success) throw new LintelError('usage', `A level is one of ${GrantLevel.options.join(', ')}.`);
  const now =
    at === undefined ? new Date() : new Date(z.iso.datetime({ offset: true }).safeParse(at).data ?? NaN);
  if (Number.isNaN(now.getTime())) {
    throw new LintelError('usage', 'A moment is such as 2026-12-24T18:00:00+01:00.');
  }
  if ((face === undefined) === (key === undefined))
    throw new LintelError('usage', 'Name a face or an external key.');
  return await withStore(options, async (store) => {
    const faceId = face ?? (await store.faceIdsByExternalKey(LOCAL_ACCOUNT, collection, key!))[0];
    if (faceId === undefined) throw new LintelError('face-not-found');
    const { metadata } = await store.getFace(LOCAL_ACCOUNT, collection, faceId);
    const policy = await store.door.policy();
    if (policy === null) throw new LintelError('usage', 'No rules are set.');
    const verdict = decideAccess({
      policy,
      door: await store.door.config(),
      collectionId: collection,
      person: metadata.access ?? PersonAccess.parse({}),
      level: level.data,
      now,
      clockIsSound: true,
      lastPassage: await store.events.lastPassage(faceId),
    });
    return verdict.isAllowed
      ? { json: { faceId, allowed: true }, text: 'Access is given.' }
      : {
          json: { faceId, allowed: false, reason: verdict.reason, detail: verdict.detail },
          text: `Access is denied: ${verdict.detail} [${verdict.reason}]`,
        };
  });
}
