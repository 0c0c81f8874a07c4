import { fileURLToPath } from 'node:url';
import { CommanderError } from 'commander';
import { ERRORS, LintelError, toErrorBody } from '#contract';
import { program } from './eval/program.ts';

const weightsDir = fileURLToPath(new URL('../models/weights', import.meta.url));

try {
  await program(weightsDir).parseAsync();
} catch (error) {
  process.exitCode = explain(error);
}

/** Print what went wrong. @returns the exit status: 2 for bad input, 1 for a fault, 0 when help was asked for */
function explain(error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const known =
    error instanceof CommanderError ? new LintelError('usage', error.message.replace(/^error: /, '')) : error;
  const body = toErrorBody(known);
  if (process.argv.includes('--json')) console.log(JSON.stringify({ error: body }));
  console.error(`eval: ${body.message} [${body.code}]`);
  if (body.code === 'internal') console.error(known);
  return ERRORS[body.code].kind === 'fault' ? 1 : 2;
}
