import type { Command } from 'commander';
import type { Answer } from './commands.ts';

/** Makes a command that opens the store. */
export type MakeCommand = (name: string, description: string, parent?: Command) => Command;

/** Prints a command's answer. */
export type Print = (answer: Answer) => void;
