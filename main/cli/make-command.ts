import type { Command } from 'commander';
import type { Answer } from './commands.ts';

/** Makes a command that opens the store. */
export type MakeCommand = (name: string, description: string, parent?: Command) => Command;

/**
 * Makes an action that prints the answer of a command, which gets the arguments as they are declared, then the options.
 * @param load brings the command when it is given: what all of them import takes longer to load than most take to run
 */
export type Printing = <Given extends unknown[]>(
  load: () => Promise<(...given: Given) => Promise<Answer>>,
) => (...given: [...Given, Command]) => Promise<void>;
