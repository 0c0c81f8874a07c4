import { CommanderError, type Command } from 'commander';
import { exitStatusOf, LintelError, toErrorBody } from '#contract';

/** Run a command of this process; what goes wrong is explained, and the exit status set as of `lintel`. */
export async function runCommand(command: Command): Promise<void> {
  for (const one of [command, ...command.commands]) {
    one.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  try {
    await command.parseAsync();
  } catch (error) {
    process.exitCode = explain(command.name(), error);
  }
}

/** Print what went wrong. @returns the exit status: 2 for bad input, 1 for a fault, 0 when help was asked for */
function explain(name: string, error: unknown): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const known =
    error instanceof CommanderError ? new LintelError('usage', error.message.replace(/^error: /, '')) : error;
  const body = toErrorBody(known);
  if (process.argv.includes('--json')) console.log(JSON.stringify({ error: body }));
  console.error(`${name}: ${body.message} [${body.code}]`);
  if (body.code === 'internal') console.error(known);
  return exitStatusOf(body.code);
}
