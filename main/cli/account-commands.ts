import { z } from 'zod';
import { DIALECTS, EventDays, LintelError, Plan, Scope } from '#contract';
import { Accounts, PageAccess } from '#core/accounts';
import { modelIdOf } from '#core/recognition';
import { weightsDirOf } from '../appliance/index.ts';
import { MODELS, type Answer, type StoreOptions } from './commands.ts';
import { withStore } from './store-access.ts';
import { table } from './table.ts';

/** Commands for the accounts of a server and their keys; they may run while it does. */

/** What each documented API takes. */
const CREDENTIALS = Object.values(DIALECTS).map(
  ({ name, prefixes, authentication }) => `${name} (${prefixes.join(', ')}): ${authentication}`,
);

export async function createAccount(name: string, options: StoreOptions): Promise<Answer> {
  return await withAccounts({ ...options, makesStore: true }, async (accounts) => {
    const { accountId, keyId, apiKey } = await accounts.create(name);
    return {
      json: { accountId, name, keyId, apiKey },
      text: [
        `Created ${accountId} with the key ${keyId}.`,
        `API key, shown only now: ${apiKey}`,
        ...CREDENTIALS,
      ].join('\n'),
    };
  });
}

export async function listAccounts(options: StoreOptions): Promise<Answer> {
  return await withAccounts(options, async (accounts) => {
    const found = await Promise.all(
      (await accounts.list()).map(async (account) => ({
        ...account,
        keys: await accounts.keys(account.accountId),
      })),
    );
    return {
      json: { accounts: found },
      text: table(
        ['Account', 'Key', 'Scopes', 'Name'],
        found.flatMap(({ accountId, name, keys }) =>
          keys.length === 0
            ? [[accountId, null, null, name]]
            : keys.map(({ keyId, scopes }) => [accountId, keyId, scopes.join(','), name]),
        ),
        'There are no accounts.',
      ),
    };
  });
}

/** What the account may call over the APIs that have plans. */
export async function setPlan(account: string, plan: string, options: StoreOptions): Promise<Answer> {
  const parsed = Plan.or(Unlimited).safeParse(plan);
  if (!parsed.success) throw new LintelError('usage', `Plans are ${Plan.options.join(', ')} and unlimited.`);
  return await withAccounts(options, async (accounts) => {
    const { accountId } = await accounts.setPlan(account, parsed.data);
    return { json: { accountId, plan: parsed.data }, text: `${accountId} has the plan ${plan}.` };
  });
}

/** Whether clients may send numbers that they say are of a face, instead of pictures. */
export async function setDescriptors(
  account: string,
  setting: string,
  options: StoreOptions,
): Promise<Answer> {
  const parsed = z.enum(['on', 'off']).safeParse(setting);
  if (!parsed.success) throw new LintelError('usage', 'Descriptors are on or off.');
  const allowed = parsed.data === 'on';
  // Its pictures are embedded by that network too, from the next enrolment on.
  if (allowed) await modelIdOf(weightsDirOf(MODELS), 'clean');
  return await withAccounts(options, async (accounts) => {
    const { accountId, removed } = await accounts.setDescriptors(account, allowed);
    return {
      json: { accountId, descriptors: allowed, removed },
      text: allowed
        ? `${accountId} may send descriptors. Anybody with a key can enrol and verify with numbers that no camera saw.`
        : `${accountId} takes pictures only. Descriptors removed: ${removed}.`,
    };
  });
}

/** For how long what happened at the account's appliances is kept. */
export async function keepEvents(account: string, days: string, options: StoreOptions): Promise<Answer> {
  const parsed = EventDays.safeParse(Number(days));
  if (!parsed.success) throw new LintelError('usage', 'Days are a number from 1 to 3650.');
  return await withStore(options, async (store) => {
    const { accountId } = await new Accounts(store).find(account);
    await store.deviceEvents.keepFor(accountId, parsed.data);
    return {
      json: { accountId, days: parsed.data },
      text: `${accountId} keeps events of its appliances for ${parsed.data} days.`,
    };
  });
}

const Unlimited = z.literal('unlimited').transform(() => null);

export async function addApiKey(
  account: string,
  options: StoreOptions & { scopes: string; test?: true },
): Promise<Answer> {
  const scopes = Scope.array().min(1).safeParse(options.scopes.split(','));
  if (!scopes.success) throw new LintelError('usage', `Scopes are ${Scope.options.join(', ')}.`);
  return await withAccounts(options, async (accounts) => {
    const { accountId, keyId, apiKey } = await accounts.addApiKey(account, scopes.data, {
      isTest: options.test === true,
    });
    return {
      json: { accountId, keyId, scopes: scopes.data, apiKey },
      text: `Added ${keyId}.\nAPI key, shown only now: ${apiKey}`,
    };
  });
}

export async function revokeApiKey(keyId: string, options: StoreOptions): Promise<Answer> {
  return await withAccounts(options, async (accounts) => {
    await accounts.revokeApiKey(keyId);
    return { json: { keyId, revoked: true }, text: `Revoked ${keyId}.` };
  });
}

/** Where web pages may use tokens of a key: the list after `change`. */
export async function pageOrigins(
  keyId: string,
  change: (origins: string[]) => readonly string[],
  options: StoreOptions,
): Promise<Answer> {
  return await withStore(options, async (store) => {
    const access = new PageAccess(store);
    const before = await access.origins(keyId);
    const wanted = change(before);
    const origins = wanted === before ? before : await access.setOrigins(keyId, wanted);
    const text = table(
      ['Origin'],
      origins.map((origin) => [origin]),
      'No page may use tokens of this key.',
    );
    return { json: { keyId, origins }, text };
  });
}

async function withAccounts(
  options: StoreOptions,
  answer: (accounts: Accounts) => Promise<Answer>,
): Promise<Answer> {
  return await withStore(options, (store) => answer(new Accounts(store)));
}
