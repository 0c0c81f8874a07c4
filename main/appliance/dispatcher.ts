import type { z } from 'zod';
import {
  isForRole,
  KIOSK_CHANNELS,
  LintelError,
  toErrorBody,
  type ErrorCode,
  type KioskChannel,
  type KioskOutput,
  type KioskReply,
  type ListedOperator,
  type OperatorChannel,
} from '#contract';
import { asOperator } from '#core/store';
import type { Log } from '../process/index.ts';

/** What a handler receives: the input as parsed, with defaults filled in. */
export type ParsedInput<C extends KioskChannel> = z.output<(typeof KIOSK_CHANNELS)[C]['input']>;

/** One function per channel; a missing or extra one is a type error. */
export type Handlers = {
  readonly [C in KioskChannel]: (input: ParsedInput<C>) => Promise<KioskOutput<C>>;
};

/** The handlers of some topics: what a channel's name begins with. */
export type HandlersOf<Topic extends string> = Pick<Handlers, Extract<KioskChannel, `${Topic}.${string}`>>;

export type Dispatch = (channel: string, input: unknown) => Promise<KioskReply>;

/** An operator who is signed in at a screen. */
export type SignedIn = Pick<ListedOperator, 'operatorId' | 'role'>;

/**
 * Puts the contract between a screen and the handlers: unknown channels, operator channels without an operator and
 * malformed input end here, and nothing leaves that the contract does not name. Never rejects.
 * @param operator who is signed in, asked before the input is looked at; counts as activity of theirs
 */
export function createDispatcher(
  handlers: Handlers,
  operator: () => Promise<SignedIn | null>,
  log: Log,
): Dispatch {
  async function run(channel: KioskChannel, input: unknown): Promise<unknown> {
    if (!isOfOperator(channel)) return await handled(channel, input);
    const who = await operator();
    if (who === null) throw new LintelError('operator-required');
    if (!isForRole(channel, who.role)) throw new LintelError('role-required');
    return await asOperator(who.operatorId, () => handled(channel, input));
  }

  async function handled(channel: KioskChannel, input: unknown): Promise<unknown> {
    const schema = KIOSK_CHANNELS[channel];
    const parsed = schema.input.safeParse(input);
    if (!parsed.success) throw invalidInput(channel, parsed.error);
    // Which handler belongs to which schema was checked where the handlers are listed.
    const handle = handlers[channel] as (input: unknown) => Promise<unknown>;
    return schema.output.parse(await handle(parsed.data));
  }

  return async (channel, input) => {
    try {
      if (!isChannel(channel)) throw new LintelError('channel-unknown');
      return { ok: true, value: await run(channel, input) };
    } catch (error) {
      report(log, channel, error);
      return { ok: false, error: toErrorBody(error) };
    }
  };
}

/** The codes of fields that a person fills in; whatever else is wrong is the screen's mistake. */
const FIELD_CODES: Readonly<Record<string, ErrorCode>> = {
  collectionId: 'collection-id-invalid',
  externalKey: 'external-key-invalid',
};

function invalidInput(channel: KioskChannel, { issues }: z.ZodError): LintelError {
  const field = String(issues[0]?.path[0] ?? '');
  return new LintelError(FIELD_CODES[field] ?? 'usage', `(${[channel, field].filter(Boolean).join(': ')})`);
}

const isOfOperator = (name: KioskChannel): name is OperatorChannel =>
  KIOSK_CHANNELS[name].access === 'operator';

const isChannel = (name: string): name is KioskChannel => Object.hasOwn(KIOSK_CHANNELS, name);

/** Refusals are everyday; anything that is not ours is a fault of the program and needs its stack. */
function report(log: Log, channel: string, error: unknown): void {
  const name = isChannel(channel) ? channel : 'unknown';
  if (error instanceof LintelError) log.info({ channel: name, code: error.code }, 'refused');
  else log.error({ channel: name, stack: error instanceof Error ? error.stack : 'not an error' }, 'failed');
}
