export { answerNodes } from './answering.ts';
export { AskingHolders } from './asking.ts';
