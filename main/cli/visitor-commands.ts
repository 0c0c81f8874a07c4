import { z } from 'zod';
import { EventTargetOptions, LintelError, NewVisitor, oneLine, PRESENT_HOURS, type Visitor } from '#contract';
import { hasCredentials } from '#core/outbound';
import type { NewEventTarget } from '#core/store';
import { eventOf } from '../doors/index.ts';
import { expectVisitor } from '../visitors/index.ts';
import { withCodePicture } from './code-picture.ts';
import type { Answer } from './commands.ts';
import { said } from './documents.ts';
import { timeGiven } from './moments.ts';
import { readSignIn, type SignIn } from './sign-in.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';
import { keepTarget } from './target-commands.ts';

const PAGE = 1000;

interface Expected extends InStore {
  readonly name: string;
  readonly host?: string;
  readonly hostEmail?: string;
  readonly from?: string;
  readonly until?: string;
  /** File for the code as a QR code. */
  readonly qr?: string;
}

/** Expect somebody, by default today. @throws LintelError `usage`, `file-exists`, `too-many-visitors` */
export async function addVisitor(options: Expected): Promise<Answer> {
  const today = dayOf(new Date());
  const visitor = NewVisitor.safeParse({
    name: options.name,
    host: options.host ?? null,
    hostEmail: options.hostEmail ?? null,
    from: timeGiven(options.from ?? today, 'begins'),
    until: timeGiven(options.until ?? options.from?.slice(0, 10) ?? today, 'ends'),
  });
  if (!visitor.success) {
    throw new LintelError('usage', said(visitor.error));
  }
  return await withStore({ ...options, makesStore: true }, async (store) => {
    const expect = () => expectVisitor(store, visitor.data);
    const added = await withCodePicture(options.qr, expect, ({ code }) => code);
    const { visitorId, name, from, until } = added.visitor;
    return {
      json: { ...added },
      text: `${visitorId}: ${oneLine(name)} is expected from ${from} until ${until}. The code to sign in and out, shown only now: ${added.code}`,
    };
  });
}

/** A whole day by the clock of this machine. */
const dayOf = (date: Date): string =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((n) => String(n).padStart(2, '0')).join('-');

export async function listVisitors(options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    const visitors: Visitor[] = [];
    for (;;) {
      const page = await store.visitors.list({ offset: visitors.length, limit: PAGE });
      visitors.push(...page.visitors);
      if (page.visitors.length === 0 || visitors.length >= page.total) break;
    }
    const text = table(
      ['Visitor', 'From', 'Until', 'State', 'Name', 'Host'],
      visitors.map((each) => [each.visitorId, each.from, each.until, stateOf(each), each.name, each.host]),
      'Nobody is expected.',
    );
    return { json: { visitors }, text };
  });
}

/** Everybody who is here, to be printed for an evacuation. */
export async function listPresent(options: InStore): Promise<Answer> {
  const now = new Date();
  const present = await withStore(options, ({ visitors }) =>
    visitors.present(new Date(now.getTime() - PRESENT_HOURS * 3_600_000)),
  );
  const rows = present.map(({ kind, name, host, since }) => ['[ ]', name, kind, host, since]);
  const text = [
    `Here at ${now.toISOString()}: ${present.length}`,
    table(['Out', 'Name', 'Kind', 'Host', 'Since'], rows, 'Nobody is here.'),
  ].join('\n');
  return { json: { at: now.toISOString(), present }, text };
}

/** Note that a visitor has left. @throws LintelError `visitor-not-found` */
export async function signOutVisitor(visitorId: string, options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    await store.visitors.get(visitorId);
    await store.events.add({ ...eventOf('visitor-signed-out', null), direction: 'out', visitorId });
    return { json: { visitorId }, text: `${oneLine(visitorId)} has left.` };
  });
}

/** @throws LintelError `visitor-not-found` */
export async function removeVisitor(visitorId: string, options: InStore): Promise<Answer> {
  return await withStore(options, async (store) => {
    await store.visitors.remove(visitorId);
    await store.scrub();
    return { json: { visitorId }, text: `${oneLine(visitorId)} is forgotten.` };
  });
}

function stateOf({ signedInAt, signedOutAt }: Visitor): string {
  if (signedInAt === null) return 'expected';
  return signedOutAt === null ? `here since ${signedInAt}` : `left ${signedOutAt}`;
}

interface MailServer extends SignIn {
  readonly from: string;
  readonly to?: string;
  readonly allowPlain?: true;
}

/** Write to hosts whose visitors have signed in, from now on. @throws LintelError `usage` */
export async function addMail(url: string, options: MailServer): Promise<Answer> {
  const { from, to = null, allowPlain = false } = options;
  if (!isMailServer(url)) {
    throw new LintelError(
      'usage',
      'A mail server is such as smtps://mail.example:465 or smtp://mail.example:587, without a password in it.',
    );
  }
  const { secret, ...signIn } = await readSignIn(options);
  const reach = EventTargetOptions.safeParse({ kind: 'smtp', ...signIn, allowPlain, from, to });
  if (!reach.success) throw new LintelError('usage', '--from and --to are mail addresses.');
  const target: NewEventTarget = { url, secret, options: reach.data, kinds: ['decision'] };
  return await keepTarget(target, options, 'writes to hosts from now on');
}

function isMailServer(url: string): boolean {
  const parsed = z
    .url({ protocol: /^smtps?$/ })
    .max(512)
    .safeParse(url);
  if (!parsed.success) return false;
  const { hostname, pathname, search } = new URL(url);
  return hostname !== '' && !hasCredentials(new URL(url)) && pathname.length <= 1 && search === '';
}
