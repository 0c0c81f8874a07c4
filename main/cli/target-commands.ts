import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { EventTargetOptions, LintelError, MqttBroker, oneLine, SiteEventKind } from '#contract';
import { hasCredentials } from '#core/outbound';
import type { NewEventTarget } from '#core/store';
import { acceptsTarget, problemOf, tryTarget } from '../doors/index.ts';
import type { Answer } from './commands.ts';
import { awayNow } from './door-commands.ts';
import { readSignIn, type SignIn } from './sign-in.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';

/** Tell an address of all that happens from now on. @returns also its secret, which is shown once */
export async function addTarget(
  url: string,
  options: InStore & { kind?: string; allowPrivate?: true },
): Promise<Answer> {
  const allowPrivate = options.allowPrivate ?? false;
  if (url.length > 2048 || !acceptsTarget(url, allowPrivate)) {
    throw new LintelError('usage', 'Use a public https address, or permit others by --allow-private.');
  }
  const kinds = kindsOf(options.kind);
  const secret = `lintel_${randomBytes(32).toString('base64url')}`;
  const target: NewEventTarget = { url, secret, options: { kind: 'webhook', allowPrivate }, kinds };
  const { json, text } = await keepTarget(target, options, 'is told from now on');
  return { json: { ...json, secret }, text: `${text}\nIts secret, shown only now: ${secret}` };
}

/**
 * Keeps a target, then tries it: one that is away now is kept all the same, and what happens waits for it.
 * @param what becomes of it, after its id
 * @throws LintelError `event-target-exists`, `too-many-event-targets`
 */
export async function keepTarget(target: NewEventTarget, options: InStore, what: string): Promise<Answer> {
  const added = await withStore({ ...options, makesStore: true }, ({ eventTargets }) =>
    eventTargets.add(target),
  );
  const problem = await problemOf(tryTarget(target.url, target.options, target.secret));
  const away = problem === null ? '' : `\n${awayNow(problem)} What happens waits for it.`;
  return { json: { target: added, problem }, text: `${added.targetId} ${what}.${away}` };
}

interface Broker extends SignIn {
  readonly topic: string;
  readonly kind?: string;
  /** Home Assistant's prefix; false: it is told of no device. */
  readonly discovery: string | false;
  readonly allowPlain?: true;
}

/** Publish all that happens from now on at an MQTT broker. @throws LintelError `usage` */
export async function addBroker(url: string, options: Broker): Promise<Answer> {
  const { topic, discovery } = options;
  const broker = MqttBroker.shape.url.safeParse(url);
  if (!broker.success || hasCredentials(new URL(url))) {
    throw new LintelError(
      'usage',
      'A broker is such as mqtts://broker.example:8883, without a password in it.',
    );
  }
  if (new URL(url).protocol === 'mqtt:' && !options.allowPlain) {
    throw new LintelError(
      'usage',
      'Over plain mqtt, who listens learns who passes. Use mqtts, or permit it by --allow-plain.',
    );
  }
  const { secret, ...signIn } = await readSignIn(options);
  const discoveryPrefix = discovery === false ? null : discovery;
  const reach = EventTargetOptions.safeParse({ kind: 'mqtt', ...signIn, topic, discoveryPrefix });
  if (!reach.success) throw new LintelError('usage', 'A topic has letters, digits, - _ . and slashes.');
  const kinds = kindsOf(options.kind);
  return await keepTarget({ url, secret, options: reach.data, kinds }, options, 'is told from now on');
}

/** @throws LintelError `usage` */
function kindsOf(list: string | undefined): SiteEventKind[] | null {
  const kinds = z
    .array(SiteEventKind)
    .nullable()
    .safeParse(list?.split(',') ?? null);
  if (kinds.success) return kinds.data;
  throw new LintelError('usage', `Kinds are ${SiteEventKind.options.join(', ')}.`);
}

export async function listTargets(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ eventTargets }) => {
    const targets = await eventTargets.list();
    const text = table(
      ['Target', 'Address', 'Kinds', 'Waiting', 'Failed'],
      targets.map(({ targetId, url, kinds, waiting, attempts }) => [
        targetId,
        url,
        kinds?.join(',') ?? 'all',
        waiting,
        attempts,
      ]),
      'Nobody is told of events.',
    );
    return { json: { targets }, text };
  });
}

/** With what it has not taken yet. @throws LintelError `event-target-not-found` */
export async function removeTarget(targetId: string, options: InStore): Promise<Answer> {
  return await withStore(options, async ({ eventTargets }) => {
    await eventTargets.remove(targetId);
    return { json: { targetId }, text: `${oneLine(targetId)} is told no more.` };
  });
}
