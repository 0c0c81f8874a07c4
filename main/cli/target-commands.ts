import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LintelError, oneLine, SiteEventKind, type EventTarget } from '#contract';
import { acceptsTarget } from '../doors/index.ts';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';

/** Tell an address of all that happens from now on. @returns also its secret, which is shown once */
export async function addTarget(
  url: string,
  options: InStore & { kind?: string; allowPrivate?: true },
): Promise<Answer> {
  const allowPrivate = options.allowPrivate ?? false;
  if (url.length > 2048 || !acceptsTarget(url, allowPrivate)) {
    throw new LintelError('usage', 'Use a public https address, or permit others by --allow-private.');
  }
  const kinds = z
    .array(SiteEventKind)
    .nullable()
    .safeParse(options.kind?.split(',') ?? null);
  if (!kinds.success) throw new LintelError('usage', `Kinds are ${SiteEventKind.options.join(', ')}.`);
  const secret = `lintel_${randomBytes(32).toString('base64url')}`;
  return await withStore(options, async ({ eventTargets }) => {
    const target = await eventTargets.add({
      url,
      secret,
      options: { kind: 'webhook', allowPrivate },
      kinds: kinds.data,
    });
    return {
      json: { target, secret },
      text: `${target.targetId} is told from now on. Its secret, shown only now: ${secret}`,
    };
  });
}

export async function listTargets(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ eventTargets }) => {
    const targets = await eventTargets.list();
    return { json: { targets }, text: targets.map(line).join('\n') || 'Nobody is told of events.' };
  });
}

/** With what it has not taken yet. @throws LintelError `event-target-not-found` */
export async function removeTarget(targetId: string, options: InStore): Promise<Answer> {
  return await withStore(options, async ({ eventTargets }) => {
    await eventTargets.remove(targetId);
    return { json: { targetId }, text: `${oneLine(targetId)} is told no more.` };
  });
}

const line = ({ targetId, url, kinds, waiting, attempts }: EventTarget): string =>
  [targetId, oneLine(url), kinds?.join(',') ?? 'all', `${waiting} waiting`, `${attempts} failed`].join('\t');
