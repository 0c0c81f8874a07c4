export { createCardDesk } from './card-desk.ts';
export { createCards } from './cards.ts';
export { issueFrom } from './issue.ts';
export { issueOf } from './of-face.ts';
