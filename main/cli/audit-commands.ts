import { createReadStream } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AuditHead, AuditRecord, LintelError, oneLine } from '#contract';
import { verifyLog } from '#core/audit';
import { unwritable, type Store } from '#core/store';
import type { Answer } from './commands.ts';
import { withStore, type InStore } from './store-access.ts';
import { table } from './table.ts';
import { whyUnreadable } from './unreadable.ts';

/** Heads of the log that were kept elsewhere: one by itself, in an erasure receipt, or at the beginning of a backup; or all that a server has. */
const Anchors = z.union([
  AuditHead.transform((head) => [head]),
  z.object({ audit: AuditHead }).transform(({ audit }) => [audit]),
  z.object({ anchors: z.array(AuditHead) }).transform(({ anchors }) => anchors),
]);

/**
 * Follow the chain of the log of this store, or of an exported file.
 * @param options publicKey: of the device, by default the one of this store
 * @throws LintelError `audit-broken`
 */
export async function verifyAudit(
  file: string | undefined,
  options: InStore & { publicKey?: string; anchor?: string[] },
): Promise<Answer> {
  const anchors = (await Promise.all((options.anchor ?? []).map(readAnchors))).flat();
  const publicKey = options.publicKey ?? (await withStore(options, keyOf));
  const report =
    file === undefined
      ? await withStore(options, (store) => verifyLog(store.audit.lines(), { publicKey, anchors }))
      : await verifyLog(linesOf(file), { publicKey, anchors });
  const { problem, lines, unsigned, head, checkpoints } = report;
  if (problem !== null) throw new LintelError('audit-broken', `(line ${problem.line}: ${problem.what})`);
  // What was exported ends with a checkpoint; what is being written need not.
  if (file !== undefined && (unsigned > 0 || lines === 0)) {
    throw new LintelError('audit-broken', '(cut short: it does not end with a checkpoint)');
  }
  return {
    json: { lines, checkpoints, unsigned, head },
    text: `${lines} lines and ${checkpoints} checkpoints are sound, ${unsigned} lines not signed yet. Head: ${head.n} ${head.hash}`,
  };
}

/** Write the whole log to a new file, up to a checkpoint signed for the purpose. */
export async function exportAudit(file: string, options: InStore): Promise<Answer> {
  return await withStore(options, async ({ audit }) => {
    await audit.append({ kind: 'exported', what: 'audit-log', faceId: null });
    const head = await audit.checkpoint();
    await using out = await open(file, 'wx', 0o600).catch((error: unknown) => {
      throw unwritable(file, error);
    });
    let lines = 0;
    for await (const line of audit.lines()) {
      await out.write(`${line}\n`);
      lines++;
      if (AuditRecord.parse(JSON.parse(line)).n === head.n) break;
    }
    await out.sync();
    const publicKey = await audit.publicKey();
    return { json: { file, lines, head, publicKey }, text: `${lines} lines. Public key: ${publicKey}` };
  });
}

/** The last entries, one a line. */
export async function tailAudit(options: InStore & { lines: number }): Promise<Answer> {
  return await withStore(options, async ({ audit }) => {
    const last: AuditRecord[] = [];
    for await (const line of audit.lines()) {
      last.push(AuditRecord.parse(JSON.parse(line)));
      if (last.length > options.lines) last.shift();
    }
    return {
      json: { entries: last },
      text: table(
        ['Line', 'At', 'By', 'What', 'Details'],
        last.map(({ n, at, actor, entry: { kind, ...rest } }) => [n, at, actor, kind, JSON.stringify(rest)]),
        'The log is empty.',
      ),
    };
  });
}

/** Sign the log as it is, and name its head, to be kept where no user with access to this machine can change it. */
export async function anchorAudit(options: InStore): Promise<Answer> {
  return await withStore(options, async ({ audit }) => {
    const head = await audit.checkpoint();
    const publicKey = await audit.publicKey();
    return { json: { ...head, publicKey }, text: JSON.stringify({ ...head, publicKey }) };
  });
}

const unreadable = (file: string, cause: unknown): LintelError =>
  new LintelError('usage', `The file cannot be read. (${whyUnreadable(oneLine(file), cause)})`, { cause });

const keyOf = (store: Store): Promise<string> => store.audit.publicKey();

async function readAnchors(file: string): Promise<AuditHead[]> {
  // A backup begins with its header, everything else is one JSON text.
  const text = await readFile(file, 'latin1').catch((error: unknown) => {
    throw unreadable(file, error);
  });
  for (const candidate of [text, text.slice(0, text.indexOf('\n'))]) {
    try {
      return Anchors.parse(JSON.parse(candidate));
    } catch {
      // The next one, then.
    }
  }
  throw new LintelError('usage', `${file} holds no head of an audit log.`);
}

/** Lines that end with a line feed and nothing else: a carriage return is part of what was hashed. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let rest = '';
  try {
    for await (const chunk of createReadStream(file, 'utf8')) {
      const parts = (rest + String(chunk)).split('\n');
      rest = parts.pop()!;
      yield* parts;
    }
  } catch (error) {
    throw unreadable(file, error);
  }
  if (rest !== '') yield rest;
}
