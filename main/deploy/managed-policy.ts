import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import type { LockdownGap } from '#contract';
import policy from './chromium-policy.json' with { type: 'json' };

/** The origin that `deploy/chromium-policy.json` is written for. */
const WRITTEN_FOR = policy.URLAllowlist[0] ?? '';

const Policies = z.record(z.string(), z.unknown());

/** Where a browser reads the policies that its user cannot change (Chromium's documentation, "Policy on Linux"). */
export const managedPolicyDir = (chromium: string): string =>
  basename(chromium).startsWith('google-chrome')
    ? '/etc/opt/chrome/policies/managed'
    : '/etc/chromium/policies/managed';

/** The policy of a kiosk: nothing but the appliance's own page at `origin`, and nothing of the browser around it. */
export const kioskPolicy = (origin: string): Readonly<Record<string, unknown>> =>
  Policies.parse(JSON.parse(JSON.stringify(policy).replaceAll(WRITTEN_FOR, origin)));

/**
 * What is missing of the managed policy in a folder. Only files count that no user but root may change.
 * @param origin the page that the browser may show
 */
export async function policyGaps(folder: string, origin: string): Promise<LockdownGap[]> {
  const found = await readPolicies(folder).catch(() => null);
  if (found === null) return ['policy-missing'];
  const isComplete = Object.entries(kioskPolicy(origin)).every(([name, value]) =>
    isDeepStrictEqual(found[name], value),
  );
  return isComplete ? [] : ['policy-incomplete'];
}

/** Merges all policy files; where two name a policy, the browser takes the later one. Null where no file can be trusted. */
async function readPolicies(folder: string): Promise<z.infer<typeof Policies> | null> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).toSorted();
  const files = names.map((name) => join(folder, name));
  if (files.length === 0) return null;
  for (const path of [folder, ...files]) {
    const { uid, mode } = await stat(path);
    if (uid !== 0 || (mode & 0o022) !== 0) return null;
  }
  const parts = await Promise.all(
    files.map(async (file) => Policies.parse(JSON.parse(await readFile(file, 'utf8')))),
  );
  return Object.assign({}, ...parts) as z.infer<typeof Policies>;
}
