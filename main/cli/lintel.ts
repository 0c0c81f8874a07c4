#!/usr/bin/env node
import { outliveReaders } from '#core/console';
import { runCli } from './program.ts';

outliveReaders();
process.exitCode = await runCli(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY,
});
