import { fileURLToPath } from 'node:url';
import { program } from './eval/program.ts';
import { runCommand } from './eval/run-command.ts';
import { bringModels } from './setup/weights.ts';

await runCommand(
  program(fileURLToPath(new URL('../models', import.meta.url))).hook('preAction', bringModels),
);
