export { answerNodes } from './answering.ts';
export { AskingHolders } from './asking.ts';
export type { Ask, NodeCalls } from './calls.ts';
export { Held } from './held.ts';
