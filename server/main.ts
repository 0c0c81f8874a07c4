#!/usr/bin/env node
import { CommanderError } from 'commander';
import { exitStatusOf, oneLine, toErrorBody } from '#contract';
import { outliveReaders } from '#core/console';
import { createLog } from './log.ts';
import { parseOptions } from './options.ts';
import { startServer } from './server.ts';

/** `npm run server`: runs until SIGTERM or SIGINT, then finishes what it accepted. */

outliveReaders();
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const { LINTEL_BOOTSTRAP_KEY: bootstrapKey, LINTEL_DATABASE: database } = process.env;

try {
  const log = createLog();
  const options = parseOptions(process.argv.slice(2));
  const server = await startServer({
    ...options,
    ...(bootstrapKey && { bootstrapKey }),
    ...(database && { database }),
    log,
  });
  if (server.created !== null) {
    const { accountId, apiKey } = server.created;
    say(`Account admin (${accountId}) was created.`);
    say(bootstrapKey ? 'Its API key is LINTEL_BOOTSTRAP_KEY.' : `Its API key, shown only now: ${apiKey}`);
  }
  const documentation = options.swagger === 'on' ? ', documentation at /docs' : '';
  say(`Listening at ${server.origin} (API under /v1${documentation}).`);

  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) return;
    isStopping = true;
    log.info({ signal }, 'stopping');
    server.close().then(
      () => process.exit(0),
      (error: unknown) => {
        log.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
} catch (error) {
  // Commander has said what is wrong with the options.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    const { code, message } = toErrorBody(error);
    if (code === 'internal') createLog('error').error({ err: error }, 'starting failed');
    process.stderr.write(`lintel server: ${oneLine(message)} [${code}]\n`);
    process.exitCode = exitStatusOf(code);
  }
}
