import { appendFile, readFile, truncate, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { DecisionReason, LintelError } from '#contract';
import { ATTACK_NAMES } from '../../../test/attacks/index.ts';
import { HALVES } from '../halves.ts';

/** What a run presents: its people by their photographs, in order. */
const Plan = z.strictObject({
  seed: z.int(),
  identities: z.int(),
  /** Which half of the people they are of; null: of all. */
  half: z.enum(HALVES).nullable().default(null),
  modelId: z.string().max(200),
  photographs: z.array(z.string().max(4096)).max(1_000_000),
});
export type Plan = z.infer<typeof Plan>;

/** One presentation with what became of it; `kind` is null for a bona fide one. */
const Outcome = z.strictObject({
  kind: z.enum(ATTACK_NAMES).nullable(),
  /** Whether liveness was accepted. */
  passed: z.boolean(),
  /** Why it was not; empty when it was. */
  reasons: z.array(DecisionReason),
  passive: z.number().nullable(),
  /** As which person the visit was granted: the one presented, another who is enrolled, or none. */
  granted: z.enum(['target', 'other', 'nobody']),
  /** Of a bona fide visit that was refused: whether the person's second one was, too, which asks for what the first did not miss. */
  refusedAgain: z.boolean().optional(),
  /** Of a bona fide presentation: whether its photograph is fit to enrol by; absent in earlier runs. */
  fit: z.boolean().optional(),
});
export type Outcome = z.infer<typeof Outcome>;

/** What was presented of one person at a time; there may be more of the same. */
const Presented = z.strictObject({ photograph: z.string(), outcomes: z.array(Outcome) });
export type Presented = z.infer<typeof Presented>;

/** What a run has done so far. */
export interface Progress {
  readonly plan: Plan | null;
  readonly presented: readonly Presented[];
  begin(plan: Plan): Promise<void>;
  add(presented: Presented): Promise<void>;
}

/** Which of the kinds asked for were not presented of a person yet. */
export function kindsLeft(
  { presented }: Pick<Progress, 'presented'>,
  photograph: string,
  kinds: readonly Outcome['kind'][],
): Outcome['kind'][] {
  const own = presented.filter((one) => one.photograph === photograph).flatMap(({ outcomes }) => outcomes);
  return kinds.filter((kind) => own.every((outcome) => outcome.kind !== kind));
}

/** Kept in memory only. */
export function unsavedProgress(): Progress {
  const presented: Presented[] = [];
  return {
    plan: null,
    presented,
    begin: async () => undefined,
    add: async (one) => void presented.push(one),
  };
}

/**
 * Kept in a file of JSON lines, the plan first and then one line for each person, so that a run that was stopped is
 * taken up again. A last line that was not written to its end is dropped: that person is presented again.
 * @throws LintelError `usage` when the file is of another run, or none
 */
export async function savedProgress(
  file: string,
  asked: Pick<Plan, 'seed' | 'identities' | 'half'> & { readonly without: readonly string[] },
): Promise<Progress> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new LintelError('usage', `The file ${file} cannot be read.`, { cause: error });
  });
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const [first, ...rest] = whole.split('\n').slice(0, -1);
  const plan = first === undefined ? null : parse(Plan, first, file);
  const isOther =
    plan?.seed !== asked.seed || plan.identities !== asked.identities || plan.half !== asked.half;
  if (plan && isOther) {
    throw new LintelError(
      'usage',
      `The file ${file} is of a run with another seed, half or number of people.`,
    );
  }
  const unwanted = plan?.photographs.find((photograph) => asked.without.includes(photograph));
  if (unwanted !== undefined) {
    throw new LintelError('usage', `The file ${file} is of a run that presents ${unwanted}, too.`);
  }
  if (whole.length < text.length) await truncate(file, Buffer.byteLength(whole));
  const presented = rest.map((line) => parse(Presented, line, file));
  return {
    plan,
    presented,
    begin: async (begun) => await writeFile(file, `${JSON.stringify(begun)}\n`),
    async add(one) {
      await appendFile(file, `${JSON.stringify(one)}\n`);
      presented.push(one);
    },
  };
}

function parse<T>(schema: z.ZodType<T>, line: string, file: string): T {
  try {
    return schema.parse(JSON.parse(line));
  } catch (error) {
    throw new LintelError('usage', `The file ${file} does not hold the results of a run.`, { cause: error });
  }
}
