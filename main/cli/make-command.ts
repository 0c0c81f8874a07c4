import type { Command } from 'commander';
import type { Answer } from './commands.ts';

/** Makes a command that opens the store. */
export type MakeCommand = (name: string, description: string, parent?: Command) => Command;

/** Makes an action that prints the answer of `run`, which gets the arguments as they are declared, then the options. */
export type Printing = <Given extends unknown[]>(
  run: (...given: Given) => Promise<Answer>,
) => (...given: [...Given, Command]) => Promise<void>;
