import { join } from 'node:path';
import { AccessPolicy, GrantLevel, highestLevel, LintelError, PersonAccess } from '#contract';
import { LOCAL_ACCOUNT } from '#core/store';
import { accessInForce, decideAccess, requireOwnAccess } from '../doors/index.ts';
import { openSettings } from '../settings/index.ts';
import { leastAssurance } from '../sync/index.ts';
import { remarksOn } from './access-remarks.ts';
import type { Answer } from './commands.ts';
import { readDocument } from './documents.ts';
import { faceIdNamed } from './face-named.ts';
import { instantGiven } from './moments.ts';
import { withStore, type InStore } from './store-access.ts';

export async function showAccess(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const { policy, source } = await accessInForce(store);
    const text =
      policy === null ? 'Everybody who is enrolled, at any time.' : JSON.stringify(policy, null, 2);
    return {
      json: { policy, source },
      text: source === 'server' ? `${text}\nThese rules come from the server.` : text,
    };
  });
}

/** Counts from the next visit on, also at an appliance that runs. @throws LintelError `usage`, `access-of-server` */
export async function setAccess(file: string, options: InStore): Promise<Answer> {
  const policy = await readDocument(file, AccessPolicy);
  return await withStore({ ...options, makesStore: true }, async (store) => {
    await requireOwnAccess(store);
    await store.door.setPolicy(policy);
    const { assurance } = (await openSettings(join(options.data, 'settings.json'))).current;
    const level = highestLevel(assurance, await leastAssurance(store));
    const remarks = remarksOn(policy, await store.door.config(), level);
    const text = [`${policy.rules.length} rule(s) are in force.`, ...remarks].join('\n');
    return { json: { policy, remarks }, text };
  });
}

export async function removeAccess(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    await requireOwnAccess(store);
    await store.door.setPolicy(null);
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
  const { collection, at } = options;
  const level = GrantLevel.safeParse(options.level);
  if (!level.success) throw new LintelError('usage', `A level is one of ${GrantLevel.options.join(', ')}.`);
  const now = at === undefined ? new Date() : new Date(instantGiven(at));
  return await withStore(options, async (store) => {
    const faceId = await faceIdNamed(options, (key) =>
      store.faceIdsByExternalKey(LOCAL_ACCOUNT, collection, key),
    );
    const { metadata } = await store.getFace(LOCAL_ACCOUNT, collection, faceId);
    const { policy } = await accessInForce(store);
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
